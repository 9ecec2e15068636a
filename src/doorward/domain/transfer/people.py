"""Believable people: names of several cultures, each with the language and the time zones that go with them.

Addresses are at the domains that RFC 2606 sets aside, so that no mail ever reaches anybody.
"""

# ruff: noqa: RUF001 - names in letters that look like others are what this is about

from __future__ import annotations

import random
import unicodedata
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from doorward.domain.transfer.check import Person
from doorward.domain.transfer.read import Record
from doorward.domain.users.create_many import NewAccount
from doorward.domain.users.profile import NewUser
from doorward.domain.users.rules.email_address import EmailAddress
from doorward.domain.users.rules.username import Username
from doorward.kernel.ids import new_id

_DOMAINS: Final = ("example.com", "example.org", "example.net")
_OLDEST_DAYS: Final = 6 * 365
_PLANS: Final = ("free", "free", "free", "team", "business")
_REASONS: Final = ("Chargeback", "Spam reported by others", "Asked to pause the account", "Left the company")


class Culture(NamedTuple):
    """Names that occur together. family_first: whether the family name comes first."""

    locale: str
    time_zones: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    family_first: bool = False


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


CULTURES: Final = (
    Culture(
        "en-US",
        ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
        _words(
            "Emma Liam Olivia Noah Ava Ethan Sophia Mason Mia Logan Harper Lucas Ella Jackson Grace Aiden Zoe Caleb Nora Owen"
        ),
        _words(
            "Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Moore Clark Lewis Walker Hall Young"
        ),
    ),
    Culture(
        "en-GB",
        ("Europe/London",),
        _words(
            "Amelia Oliver Isla George Freya Harry Poppy Alfie Florence Archie Maisie Rupert Imogen Callum Rhys Bronwen"
        ),
        _words(
            "Evans Hughes Patel Wright Thompson Robinson Hall Green Campbell Stewart Murray Fraser Davies Morgan Kaur"
        ),
    ),
    Culture(
        "de-DE",
        ("Europe/Berlin",),
        _words(
            "Anna Lukas Lea Jonas Marie Felix Clara Maximilian Johanna Paul Charlotte Moritz Frieda Jürgen Käthe Sören"
        ),
        _words(
            "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schäfer Koch Bauer Richter Krüger Vogel Günther"
        ),
    ),
    Culture(
        "fr-FR",
        ("Europe/Paris",),
        _words(
            "Camille Louis Chloé Hugo Inès Gabriel Manon Théo Zoé Raphaël Élodie Benoît Océane Mathis Amélie Jérôme"
        ),
        _words(
            "Martin Bernard Dubois Thomas Robert Richard Durand Lefèvre Moreau Girard Mercier Blanchard Guérin Chevalier"
        ),
    ),
    Culture(
        "es-ES",
        ("Europe/Madrid", "Atlantic/Canary"),
        _words("Lucía Hugo Martina Daniel Sofía Pablo Julia Álvaro Carmen Diego Inés Mateo Nerea Íñigo Rocío Joaquín"),
        _words(
            "García Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Muñoz Ibáñez Navarro Ramos Serrano"
        ),
    ),
    Culture(
        "pt-BR",
        ("America/Sao_Paulo", "America/Bahia", "America/Manaus"),
        _words(
            "Ana João Maria Pedro Beatriz Gabriel Larissa Thiago Júlia Rafael Camila Caio Letícia André Luíza Otávio"
        ),
        _words(
            "Silva Santos Oliveira Souza Lima Pereira Ferreira Costa Almeida Araújo Ribeiro Carvalho Conceição Magalhães"
        ),
    ),
    Culture(
        "pl-PL",
        ("Europe/Warsaw",),
        _words(
            "Zofia Jakub Hanna Szymon Maja Wojciech Oliwia Stanisław Agnieszka Paweł Małgorzata Łukasz Katarzyna Michał"
        ),
        _words("Nowak Wójcik Kowalczyk Mazur Krawczyk Piotrowski Grabowski Zając Król Wróbel Pawlak Dąbek Sikora Żak"),
    ),
    Culture(
        "sv-SE",
        ("Europe/Stockholm",),
        _words("Astrid Elias Maja William Ebba Oskar Alva Axel Saga Nils Linnéa Björn Åsa Göran Märta Sixten"),
        _words(
            "Andersson Johansson Karlsson Nilsson Eriksson Larsson Lindqvist Sjöberg Åkesson Bergström Öberg Hedlund"
        ),
    ),
    Culture(
        "tr-TR",
        ("Europe/Istanbul",),
        _words("Zeynep Yusuf Elif Mustafa Ayşe Mehmet Defne Emre Büşra Çağlar Gülşen Ömer Şebnem Kerem Özge Umut"),
        _words("Yılmaz Kaya Demir Şahin Çelik Yıldız Öztürk Aydın Özdemir Arslan Doğan Koç Kurt Güneş Ünal"),
    ),
    Culture(
        "hi-IN",
        ("Asia/Kolkata",),
        _words("Aarav Diya Vihaan Ananya Arjun Priya Ishaan Kavya Rohan Meera Aditya Sneha Vikram Pooja Rahul Lakshmi"),
        _words("Sharma Verma Gupta Singh Kumar Patel Reddy Nair Iyer Joshi Mehta Chatterjee Banerjee Desai Rao"),
    ),
    Culture(
        "ar-EG",
        ("Africa/Cairo",),
        _words(
            "Ahmed Fatima Mohamed Nour Omar Mariam Youssef Salma Karim Laila Hassan Yasmin Tarek Amina Khaled Rania"
        ),
        _words("Hassan Ibrahim Mahmoud Farouk Mansour Saleh Nasser Khalil Aziz Shafik Gamal Zaki Fahmy Sabry"),
    ),
    Culture(
        "yo-NG",
        ("Africa/Lagos",),
        _words(
            "Adebayo Folake Tunde Yetunde Segun Ngozi Chidi Amaka Emeka Ifeoma Olumide Bisi Kelechi Simisola Femi Zainab"
        ),
        _words("Okafor Adeyemi Balogun Okonkwo Eze Adewale Nwosu Ogunleye Abubakar Obi Afolabi Chukwu Lawal Akande"),
    ),
    Culture(
        "zh-CN",
        ("Asia/Shanghai",),
        _words("Wei Fang Jing Lei Min Yan Jun Hui Ping Xin Yu Tao Lin Mei Hao Ning"),
        _words("Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo"),
        family_first=True,
    ),
    Culture(
        "ja-JP",
        ("Asia/Tokyo",),
        _words("Haruto Yui Sota Aoi Ren Sakura Yuto Hina Riku Mei Kaito Rin Daiki Nanami Takumi Ayaka"),
        _words(
            "Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Sasaki Inoue"
        ),
    ),
    Culture(
        "vi-VN",
        ("Asia/Ho_Chi_Minh",),
        _words("An Bình Châu Dũng Giang Hằng Hiếu Khánh Lan Long Mai Minh Ngọc Phúc Quỳnh Trang"),
        _words("Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô"),
        family_first=True,
    ),
    Culture(
        "uk-UA",
        ("Europe/Kyiv",),
        _words("Олена Андрій Наталія Тарас Ірина Богдан Оксана Микола Софія Максим Дарина Юрій Соломія Остап"),
        _words(
            "Шевченко Коваленко Бондаренко Ткаченко Кравченко Олійник Шевчук Поліщук Лисенко Марченко Мороз Савченко"
        ),
    ),
)

_LETTERS: Final = {
    **dict(
        zip(
            "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
            _words("a b v h g d e ie zh z y i i i k l m n o p r s t u f kh ts ch sh shch _ iu ia"),
            strict=True,
        )
    ),
    "ß": "ss",
    "ł": "l",
    "đ": "d",
    "ø": "o",
    "ı": "i",
}


def plain(name: str) -> str:
    """A name in the letters a to z, as people write it in addresses."""
    letters = []
    for letter in name.lower():
        base = _LETTERS.get(letter) or unicodedata.normalize("NFD", letter)[0]
        base = _LETTERS.get(base, base)
        letters.append(base if base.isascii() and base.isalpha() else "")
    return "".join(letters).replace("_", "")


# Every name in plain letters, found once: a million people are made of these few.
_PLAIN: Final = {name: plain(name) for culture in CULTURES for name in (*culture.given, *culture.family)}


class Maker:
    """Makes people. seed: the same one makes the same people, but for their ids. now: nobody came later."""

    def __init__(self, seed: int, now: datetime) -> None:
        self._random = random.Random(seed)  # noqa: S311 - invented people need no secret
        self._today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self._seed = seed

    def person(self, number: int) -> Person:
        """The next person. number: makes the address and the username like nobody else's of this seed."""
        draw = self._random.random
        pick = self._random.choice
        culture = CULTURES[int(draw() * len(CULTURES))]
        given, family = pick(culture.given), pick(culture.family)
        name = f"{family} {given}" if culture.family_first else f"{given} {family}"
        first, last = _PLAIN[given], _PLAIN[family]
        tail = f"{number}" if self._seed == 1 else f"{number}.{self._seed}"
        local = f"{first}.{last}{tail}" if draw() < 0.7 else f"{first[0]}{last}{tail}"
        address = f"{local}@{_DOMAINS[int(draw() * 3)]}"
        username = f"{first}{tail}"[:32] if draw() < 0.6 else None
        # More people came lately than long ago.
        created_at = self._today - timedelta(seconds=int(draw() * draw() * _OLDEST_DAYS * 86400))
        chance = draw()
        suspended = chance < 0.02
        user = NewUser(
            email=EmailAddress(address, address),
            username=Username(username, username) if username else None,
            name=name,
            locale=culture.locale,
            time_zone=pick(culture.time_zones),
            public_metadata={"plan": _PLANS[int(draw() * len(_PLANS))]},
            email_verified=draw() < 0.9,
        )
        account = NewAccount(
            id=new_id(),
            user=user,
            status="suspended" if suspended else "active",
            suspended_reason=pick(_REASONS) if suspended else None,
            created_at=created_at,
            last_sign_in_at=created_at + (self._today - created_at) * draw() if draw() < 0.85 else None,
        )
        return Person(Record(number, {}, None, ()), account, has_id=False, given=frozenset())
