"""Well-known passwords that the estimate takes for strong or that its dictionary of 30,000 lacks, mostly long ones.

They are compared whole, without regard to case and to whatever is neither letter nor digit.
"""

from __future__ import annotations

from typing import Final

COMMON: Final = frozenset(
    """
    0123456789abcdef 0987654321qwerty 1234567890abcdef 1234567890qwerty 1234567890qwertyuiop 123456789qwertyuiop 123qweasdzxc123qwe
    12qwaszx34erdfcv 147258369147258 1a2b3c4d5e6f7g8h 1q2w3e4r5t6y7u8i 1q2w3e4r5t6y7u8i9o 1q2w3e4r5t6y7u8i9o0p 1qaz2wsx3edc4rfv
    1qaz2wsx3edc4rfv5tgb 1qazxsw23edcvfr4 a1b2c3d4 a1b2c3d4e5 a1b2c3d4e5f6 a1b2c3d4e5f6g7 a1b2c3d4e5f6g7h8 abcd1234efgh5678
    acorrecthorsebatterystaple administratorpassword adminadminadmin allyourbasearebelongtous anewhope administrator1
    correcthorsebatterystaple correctbatteryhorsestaple defaultpassword donttellanyone enterpassword enteryourpassword
    forgotmypassword godisgoodallthetime godislove goodmorning hellohello helloworld helloworld123 howareyoutoday iamthebest
    idontknow idontremember iforgotmypassword iloveyouforever iloveyousomuch ilovemyfamily ilovemymother incorrectpassword
    inthebeginning itsasecret jesusismylord jesuslovesme jesuschrist letmeinplease livelaughlove lordoftherings lovelovelove
    maytheforcebewithyou monkeymonkey mynameis mynewpassword mypassword mypasswordis mypasswordispassword mysecretpassword
    neveragain newpassword nopassword nopasswordneeded nevergonnagiveyouup onetwothreefour onceuponatime opensesame
    passwordpassword passwordispassword password123456789 password1234567890 passwordsarehard passwort12345678 plsletmein
    pleaseletmein poiuytrewqlkjhgfdsa q1w2e3r4t5y6 q1w2e3r4t5y6u7i8 q1w2e3r4t5y6u7i8o9p0 qazwsxedcrfvtgb qazwsxedcrfvtgbyhn
    qwertyqwertyqwerty qwertyuiop1234567890 qwertyuiopasdfgh qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm qweasdzxcqweasdzxc
    rememberthis rootpassword secretpassword somepassword supercalifragilisticexpialidocious supersecretpassword temppassword
    temporarypassword testpassword thequickbrownfox thequickbrownfoxjumpsoverthelazydog thereisnospoon thisisapassword
    thisisasecret thisismypassword thisisnotapassword thisispassword tobeornottobe tobeornottobethatisthequestion
    topsecretpassword trustnoone tr0ub4dor3 userpassword verysecretpassword welcomewelcome whatismypassword whateverwhatever
    winteriscoming yellowsubmarine youshallnotpass yourpassword zaq12wsxcde34rfv zaq1xsw2cde3vfr4 zxcvbnmasdfghjkl
    zxcvbnmasdfghjklqwertyuiop
    """.split()
)
