"""English."""

from __future__ import annotations

from typing import Final

from doorward.domain.messages.texts.language import Language, Text

_NOT_YOU: Final = "If you did not ask for this, ignore this message: nothing happens without the link or the code."
_NOTICE: Final = (
    "If this was you, there is nothing to do. If it was not, use the link: it signs everybody out and lets nobody in until "
    "you have chosen a new password."
)

ENGLISH: Final = Language(
    tag="en",
    code_label="Your code",
    link_label="If the button does not work, open this address:",
    labels={
        "when": "When",
        "browser": "Browser",
        "address": "Address",
        "place": "Place",
        "email": "Email address",
        "factor": "Sign-in method",
        "reason": "Reason",
        "until": "Until",
        "left": "Codes left",
    },
    texts={
        "verify_email": Text(
            "Confirm your email address",
            ["Confirm that this address is yours to use it with {service}."],
            "Confirm the address",
            ["Link and code work once, for {hours} hours.", _NOT_YOU],
        ),
        "sign_up_code": Text(
            "Your code to sign up",
            ["Enter this code where you are signing up to {service}."],
            None,
            ["The code works once, for {minutes} minutes.", _NOT_YOU],
        ),
        "sign_up_known": Text(
            "You already have an account",
            [
                "Somebody, probably you, signed up to {service} with this address. You have an account already, and nothing was changed.",
                "Sign in as usual. If you forgot your password, ask for a new one where you sign in.",
            ],
        ),
        "primary_email_changed": Text(
            "Your main email address was changed",
            ["Mail from {service} now goes to another address of your account."],
            "Take the change back",
            [
                "If this was you, there is nothing to do.",
                (
                    "If it was not, use the link within {days} days: this address becomes the main one again, everybody is signed "
                    "out, and you choose a new password."
                ),
            ],
        ),
        "recovery": Text(
            "Choose a new password",
            ["You asked to choose a new password for {service}."],
            "Choose a new password",
            [
                "Link and code work once, for {minutes} minutes. Choosing a new password signs you out everywhere.",
                "If you did not ask for this, ignore this message: your password stays as it is.",
            ],
        ),
        "recovery_begun": Text(
            "Choose a new password",
            ["An administrator of {service} asks you to choose a new password."],
            "Choose a new password",
            [
                "Link and code work once, for {hours} hours. Choosing a new password signs you out everywhere.",
                "Nobody from {service} knows your password or will ever ask you for the code.",
            ],
        ),
        "sign_in_code": Text(
            "Your code to sign in",
            ["Enter this code where you are signing in to {service}."],
            None,
            [
                "The code works once, for {minutes} minutes.",
                (
                    "Nobody from {service} will ever ask you for it. If you are not signing in, somebody else is trying to: do not "
                    "pass the code on."
                ),
            ],
        ),
        "magic_link": Text(
            "Your link to sign in",
            ["Open the link in the browser where you are signing in to {service}, or enter the code there."],
            "Sign in",
            [
                "Link and code work once, for {minutes} minutes, and only where the sign-in was begun.",
                "If you are not signing in, ignore this message and do not pass the code on.",
            ],
        ),
        "invitation": Text(
            "You are invited to {service}",
            ["You are invited to make an account with {service}."],
            "Accept the invitation",
            ["The link works once, for {days} days. If you did not expect it, ignore this message."],
        ),
        "password_changed": Text(
            "Your password was changed",
            ["The password of your account with {service} was changed, and all other sessions were ended."],
            "This was not me",
            [_NOTICE],
        ),
        "email_added": Text(
            "An email address was added",
            ["An email address was added to your account with {service}."],
            "This was not me",
            [_NOTICE],
        ),
        "email_removed": Text(
            "An email address was removed",
            ["An email address was removed from your account with {service}."],
            "This was not me",
            [_NOTICE],
        ),
        "factor_added": Text(
            "A sign-in method was added",
            ["A way to sign in was added to your account with {service}."],
            "This was not me",
            [_NOTICE],
        ),
        "factor_removed": Text(
            "A sign-in method was removed",
            ["A way to sign in was removed from your account with {service}."],
            "This was not me",
            [_NOTICE],
        ),
        "new_device": Text(
            "A new device signed in",
            ["Your account with {service} was signed in to from a device that we have not seen before."],
            "This was not me",
            [_NOTICE],
        ),
        "account_locked": Text(
            "Too many failed attempts to sign in",
            ["Somebody failed to sign in to your account with {service} so often that it was locked for a while."],
            "Unlock it now",
            [
                "If it was you, use the link, which works once.",
                "If it was not, there is nothing to do: nobody got in, and the lock ends by itself.",
            ],
        ),
        "locked_down": Text(
            "Your account was locked down",
            [
                "At your request everybody was signed out of your account with {service}, and its password no longer opens it.",
                "To get back in, ask for a new password where you sign in.",
            ],
        ),
        "recovery_code_used": Text(
            "A recovery code was used",
            [
                "Somebody signed in to your account with {service} with one of your recovery codes. Each works once: make new ones before you run out."
            ],
            "This was not me",
            [_NOTICE],
        ),
        "factor_reset_planned": Text(
            "Your sign-in methods will be reset",
            ["An administrator of {service} is going to remove the second factors of your account, as somebody asked."],
            "Stop this",
            ["If you asked for it, there is nothing to do. If you did not, use the link before the time is over."],
        ),
    },
)
