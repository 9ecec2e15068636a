-- Made by Django 5.2.19 itself: `migrate`, users by its own hashers (PBKDF2, Argon2, bcrypt, scrypt, none), one group.
-- Every password is "old password of " and the username.
CREATE TABLE "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
INSERT INTO "auth_group" VALUES(1,'editors');
CREATE TABLE "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL, "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "last_name" varchar(150) NOT NULL, "email" varchar(254) NOT NULL, "is_staff" bool NOT NULL, "is_active" bool NOT NULL, "date_joined" datetime NOT NULL, "first_name" varchar(150) NOT NULL);
INSERT INTO "auth_user" VALUES(1,'pbkdf2_sha256$1000000$tgLU8wTvck2vAPGOauqga0$KT6svpXj5rs6b2WkEuLFtV2AcHu5Tvll5lowcTC76rY=','2026-11-01 08:30:00',1,'ada','Lovelace','ada@example.com',1,1,'2021-03-04 05:06:07.890123','Ada');
INSERT INTO "auth_user" VALUES(2,'argon2$argon2id$v=19$m=102400,t=2,p=8$cVZyTThuRjIyVWt4TTQ0cDFMcmw0Nw$3gS9jP8u9AE8PbXs0FSOftUQh9VcnJrTZGAWkpZRTb0',NULL,0,'grace','Hopper','Grace@Example.com',0,1,'2021-03-04 05:06:07.890123','Grace');
INSERT INTO "auth_user" VALUES(3,'bcrypt_sha256$$2b$12$PcWEy93K8N1uw6am/ieoIenjgs3kjlNWnP0XVFheO5HRRI/v4K3CS',NULL,0,'edsger','','edsger@example.com',0,1,'2021-03-04 05:06:07.890123','Edsger');
INSERT INTO "auth_user" VALUES(4,'scrypt$16384$wHXNae58j0pfvH7GVihiUz$8$5$cl0J6jKXJ33ZtQQCruGYPBbQAh920OqaiB4H6Y2v8iY7g0ZaXEe2N+49j/opn4nPfq8zTnLo6YaOg423Ic/LLw==',NULL,0,'karl','','karl@example.com',0,0,'2021-03-04 05:06:07.890123','');
INSERT INTO "auth_user" VALUES(5,'!UaeFx2ufmRFxLCyyl2G7FpjS3nigpMGkcRjjLuGb',NULL,0,'emmy','Noether','emmy@example.com',0,1,'2021-03-04 05:06:07.890123','Emmy');
INSERT INTO "auth_user" VALUES(6,'pbkdf2_sha256$1000000$hsgh6az6NbFu2qJvH1l2aK$2SkhesTcjt/K8lA91eI7c32KpcenLz5yoZDbtYESqsw=',NULL,0,'nobody','Address','',0,1,'2021-03-04 05:06:07.890123','No');
INSERT INTO "auth_user" VALUES(7,'pbkdf2_sha256$1000000$XXG8OHp0npavmRSAihHYQM$nbEZmc4JDqUiRnPuRzgzoDeQs/0Y9Gb76D9jhcB6RTQ=',NULL,0,'twin','Ada','ADA@example.com',0,1,'2021-03-04 05:06:07.890123','Second');
CREATE TABLE "auth_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
INSERT INTO "auth_user_groups" VALUES(1,2,1);
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq" ON "auth_user_groups" ("user_id", "group_id");
