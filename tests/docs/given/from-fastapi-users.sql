-- Made by fastapi-users 15.0.5 itself, on SQLAlchemyBaseUserTableUUID: Argon2 as it hashes today, bcrypt as it did before version 13.
-- Every password is "old password of " and the address before the @.
CREATE TABLE user (
	id CHAR(36) NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	hashed_password VARCHAR(1024) NOT NULL, 
	is_active BOOLEAN NOT NULL, 
	is_superuser BOOLEAN NOT NULL, 
	is_verified BOOLEAN NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "user" VALUES('6f0be8b1-2c42-41fa-b917-f7d90c80caa0','ada@example.com','$argon2id$v=19$m=65536,t=3,p=4$lgAxuRdLvLKXBIlaza/y/w$dwFqTezMKPXdLVGwIvtP2QB92ImmKQLpZsWiNO0mo8Y',1,1,1);
INSERT INTO "user" VALUES('460f5faa-6d20-473c-9b03-513bf412162f','Grace@example.com','$2b$12$PU6u3yYPTtOOqpuamcSVgeKfuLn7JSi/xMIY5LplTTDz2h3p11ade',1,0,1);
INSERT INTO "user" VALUES('6091db2c-fa4f-467c-98c4-53bc1021ee68','edsger@example.com','$argon2id$v=19$m=65536,t=3,p=4$Ab+40ABfcz/kMyGNESXQQQ$PF1ec8NJ0HqR/OKpOhgrO2BwRysFPGNHTYchhONdSqE',1,0,0);
INSERT INTO "user" VALUES('5b176e17-8097-41a6-8dc0-228d8c8b7bab','karl@example.com','$argon2id$v=19$m=65536,t=3,p=4$pQZlJuChYOAgHXihpWU/6A$l8AvO+DIluQ3cC1Og1jO9Ii0WesxIyP//R+q5gfk8to',0,0,0);
CREATE UNIQUE INDEX ix_user_email ON user (email);
