"""German."""

from __future__ import annotations

from typing import Final

from doorward.domain.messages.texts.language import Language, Text

_NOT_YOU: Final = (
    "Wenn Sie das nicht angefordert haben, ignorieren Sie diese Nachricht: Ohne Link oder Code geschieht nichts."
)
_NOTICE: Final = (
    "Wenn Sie das waren, ist nichts zu tun. Wenn nicht, öffnen Sie den Link: Alle werden abgemeldet, und niemand kommt "
    "hinein, bis Sie ein neues Passwort gewählt haben."
)

GERMAN: Final = Language(
    tag="de",
    code_label="Ihr Code",
    link_label="Falls die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:",
    labels={
        "when": "Wann",
        "browser": "Browser",
        "address": "Adresse",
        "place": "Ort",
        "email": "E-Mail-Adresse",
        "factor": "Anmeldeverfahren",
        "reason": "Grund",
        "until": "Bis",
        "left": "Codes übrig",
    },
    texts={
        "verify_email": Text(
            "Bestätigen Sie Ihre E-Mail-Adresse",
            ["Bestätigen Sie, dass diese Adresse Ihnen gehört, um sie bei {service} zu verwenden."],
            "Adresse bestätigen",
            ["Link und Code gelten einmal, {hours} Stunden lang.", _NOT_YOU],
        ),
        "sign_up_code": Text(
            "Ihr Code zum Registrieren",
            ["Geben Sie diesen Code dort ein, wo Sie sich bei {service} registrieren."],
            None,
            ["Der Code gilt einmal, {minutes} Minuten lang.", _NOT_YOU],
        ),
        "sign_up_known": Text(
            "Sie haben schon ein Konto",
            [
                "Jemand, wahrscheinlich Sie selbst, hat sich mit dieser Adresse bei {service} registriert. Sie haben schon ein Konto, und nichts wurde geändert.",
                "Melden Sie sich wie gewohnt an. Wenn Sie Ihr Passwort vergessen haben, fordern Sie bei der Anmeldung ein neues an.",
            ],
        ),
        "primary_email_changed": Text(
            "Ihre Haupt-E-Mail-Adresse wurde geändert",
            ["Nachrichten von {service} gehen jetzt an eine andere Adresse Ihres Kontos."],
            "Änderung rückgängig machen",
            [
                "Wenn Sie das waren, ist nichts zu tun.",
                (
                    "Wenn nicht, öffnen Sie den Link innerhalb von {days} Tagen: Diese Adresse wird wieder die Hauptadresse, alle "
                    "werden abgemeldet, und Sie wählen ein neues Passwort."
                ),
            ],
        ),
        "recovery": Text(
            "Wählen Sie ein neues Passwort",
            ["Sie haben für {service} ein neues Passwort angefordert."],
            "Neues Passwort wählen",
            [
                "Link und Code gelten einmal, {minutes} Minuten lang. Mit dem neuen Passwort werden Sie überall abgemeldet.",
                "Wenn Sie das nicht angefordert haben, ignorieren Sie diese Nachricht: Ihr Passwort bleibt, wie es ist.",
            ],
        ),
        "recovery_begun": Text(
            "Wählen Sie ein neues Passwort",
            ["Jemand aus der Verwaltung von {service} bittet Sie, ein neues Passwort zu wählen."],
            "Neues Passwort wählen",
            [
                "Link und Code gelten einmal, {hours} Stunden lang. Mit dem neuen Passwort werden Sie überall abgemeldet.",
                "Niemand von {service} kennt Ihr Passwort oder wird Sie je nach dem Code fragen.",
            ],
        ),
        "sign_in_code": Text(
            "Ihr Code zur Anmeldung",
            ["Geben Sie diesen Code dort ein, wo Sie sich bei {service} anmelden."],
            None,
            [
                "Der Code gilt einmal, {minutes} Minuten lang.",
                (
                    "Niemand von {service} fragt Sie je danach. Wenn Sie sich gerade nicht anmelden, versucht es jemand anderes: "
                    "Geben Sie den Code nicht weiter."
                ),
            ],
        ),
        "magic_link": Text(
            "Ihr Link zur Anmeldung",
            [
                "Öffnen Sie den Link in dem Browser, in dem Sie sich bei {service} anmelden, oder geben Sie dort den Code ein."
            ],
            "Anmelden",
            [
                "Link und Code gelten einmal, {minutes} Minuten lang, und nur dort, wo die Anmeldung begonnen wurde.",
                "Wenn Sie sich gerade nicht anmelden, ignorieren Sie diese Nachricht und geben Sie den Code nicht weiter.",
            ],
        ),
        "invitation": Text(
            "Einladung zu {service}",
            ["Sie sind eingeladen, ein Konto bei {service} anzulegen."],
            "Einladung annehmen",
            [
                "Der Link gilt einmal, {days} Tage lang. Wenn Sie nicht damit gerechnet haben, ignorieren Sie diese Nachricht."
            ],
        ),
        "password_changed": Text(
            "Ihr Passwort wurde geändert",
            ["Das Passwort Ihres Kontos bei {service} wurde geändert, und alle anderen Sitzungen wurden beendet."],
            "Das war ich nicht",
            [_NOTICE],
        ),
        "email_added": Text(
            "Eine E-Mail-Adresse wurde hinzugefügt",
            ["Zu Ihrem Konto bei {service} wurde eine E-Mail-Adresse hinzugefügt."],
            "Das war ich nicht",
            [_NOTICE],
        ),
        "email_removed": Text(
            "Eine E-Mail-Adresse wurde entfernt",
            ["Von Ihrem Konto bei {service} wurde eine E-Mail-Adresse entfernt."],
            "Das war ich nicht",
            [_NOTICE],
        ),
        "factor_added": Text(
            "Ein Anmeldeverfahren wurde hinzugefügt",
            ["Zu Ihrem Konto bei {service} wurde ein Anmeldeverfahren hinzugefügt."],
            "Das war ich nicht",
            [_NOTICE],
        ),
        "factor_removed": Text(
            "Ein Anmeldeverfahren wurde entfernt",
            ["Von Ihrem Konto bei {service} wurde ein Anmeldeverfahren entfernt."],
            "Das war ich nicht",
            [_NOTICE],
        ),
        "new_device": Text(
            "Anmeldung auf einem neuen Gerät",
            ["Bei Ihrem Konto bei {service} hat sich jemand von einem Gerät angemeldet, das uns neu ist."],
            "Das war ich nicht",
            [_NOTICE],
        ),
        "account_locked": Text(
            "Zu viele fehlgeschlagene Anmeldungen",
            [
                "Jemand ist bei der Anmeldung an Ihrem Konto bei {service} so oft gescheitert, dass es für eine Weile gesperrt wurde."
            ],
            "Jetzt entsperren",
            [
                "Wenn Sie das waren, öffnen Sie den Link; er gilt einmal.",
                "Wenn nicht, ist nichts zu tun: Niemand ist hineingekommen, und die Sperre endet von selbst.",
            ],
        ),
        "locked_down": Text(
            "Ihr Konto wurde abgeriegelt",
            [
                "Wie gewünscht wurden alle von Ihrem Konto bei {service} abgemeldet, und das Passwort öffnet es nicht mehr.",
                "Um wieder hineinzukommen, fordern Sie bei der Anmeldung ein neues Passwort an.",
            ],
        ),
        "recovery_code_used": Text(
            "Ein Wiederherstellungscode wurde benutzt",
            [
                "Bei Ihrem Konto bei {service} hat sich jemand mit einem Ihrer Wiederherstellungscodes angemeldet. Jeder gilt einmal: Erzeugen Sie neue, bevor sie ausgehen."
            ],
            "Das war ich nicht",
            [_NOTICE],
        ),
        "factor_reset_planned": Text(
            "Ihre Anmeldeverfahren werden zurückgesetzt",
            [
                "Ein Administrator von {service} wird die zweiten Faktoren Ihres Kontos entfernen, weil jemand darum gebeten hat."
            ],
            "Das verhindern",
            [
                "Wenn Sie darum gebeten haben, ist nichts zu tun. Wenn nicht, öffnen Sie den Link, bevor die Frist endet."
            ],
        ),
    },
)
