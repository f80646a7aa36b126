"""Ordinary names: common given and family names of many languages and ordinary company words, combined by a seed."""

from random import Random

from kyc.screening.match import Subject

# Country, given names, family names: from the top of each country's name statistics, in no chosen order.
STATISTICS = """US: James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth
    Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor
DE: Thomas Sabine Andreas Petra Stefan Claudia Lukas Anna Leon Marie
    Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann
FR: Jean Marie Pierre Nathalie Michel Isabelle Louis Camille Hugo Emma
    Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent
ES: Antonio Carmen Manuel Ana Francisco Isabel Javier Laura Pablo Lucía
    García Fernández González Rodríguez López Martínez Sánchez Pérez Gómez Martín
IT: Giuseppe Maria Marco Francesca Andrea Giulia Luca Chiara Matteo Sara
    Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco
BR: José Maria João Ana Carlos Adriana Lucas Juliana Gabriel Beatriz
    Silva Santos Oliveira Souza Rodrigues Ferreira Alves Pereira Lima Gomes
RU: Aleksandr Yelena Sergey Olga Dmitry Natalia Andrey Irina Alexey Tatiana
    Ivanov Smirnov Kuznetsov Popov Vasiliev Petrov Sokolov Mikhailov Novikov Fedorov
EG: Mohamed Fatma Ahmed Mona Mahmoud Sara Mustafa Nour Youssef Aya
    Hassan Ali Ibrahim Mohamed Mahmoud Said Osman Salem Fathy Gamal
CN: Wei Fang Xiuying Na Min Jing Li Qiang Lei Yan
    Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou
IN: Rahul Priya Amit Anjali Suresh Kavita Vijay Deepa Arjun Lakshmi
    Kumar Sharma Singh Patel Gupta Reddy Nair Joshi Mehta Iyer
TR: Mehmet Fatma Mustafa Ayşe Ahmet Emine Ali Zeynep Hüseyin Elif
    Yılmaz Kaya Demir Çelik Şahin Yıldız Öztürk Aydın Arslan Doğan
JP: Haruto Yui Sota Hina Ren Sakura Takashi Keiko Hiroshi Yoko
    Sato Suzuki Takahashi Tanaka Watanabe Ito Yamamoto Nakamura Kobayashi Kato
KR: Minjun Seoyeon Jihoon Jiwoo Hyunwoo Soyeon Sungmin Eunji Dongwook Yuna
    Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim
SE: Erik Anna Lars Karin Anders Eva Johan Maria Oskar Alice
    Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson
PL: Piotr Anna Krzysztof Katarzyna Andrzej Małgorzata Jan Agnieszka Paweł Barbara
    Nowak Kowalski Wiśniewski Wójcik Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski
VN: Minh Lan Hung Huong Tuan Linh Duc Mai Nam Thao
    Nguyen Tran Le Pham Hoang Phan Vu Dang Bui Do
NG: Chinedu Ngozi Emeka Amaka Tunde Funmi Ibrahim Aisha Oluwaseun Blessing
    Okafor Adeyemi Okonkwo Bello Eze Balogun Musa Ogunleye Nwosu Abubakar
NL: Jan Anna Johannes Maria Pieter Sanne Daan Sophie Sem Julia
    de_Jong Jansen de_Vries Bakker Visser Smit Meijer Mulder Bos Vos
GR: Georgios Maria Ioannis Eleni Konstantinos Aikaterini Dimitrios Vasiliki Nikolaos Sofia
    Papadopoulos Vlachos Angelopoulos Nikolaidis Georgiou Dimitriou Christou Pappas Ioannou Makris
JO: Omar Layla Khaled Rania Sami Hala Tariq Dina Yousef Noor
    Haddad Khoury Nasser Mansour Saleh Awad Qasem Hamdan Shaheen Zaidan"""
PEOPLE = {
    given[:2]: (given[4:].split(), [name.replace("_", " ") for name in family.split()])
    for given, family in zip(STATISTICS.splitlines()[::2], STATISTICS.splitlines()[1::2], strict=True)
}
# All words, those that weights may be tuned on, and the others.
EVERY, TUNED, OTHERS = slice(None), slice(0, None, 2), slice(1, None, 2)
FIRST = """North South Blue Green Bright Silver Golden First Next Open Clear Modern Prime United Global Alpha
Delta Nova Apex Summit""".split()
SECOND = """River Bridge Harbour Field Cloud Data Wave Light Stone Peak Forest Logic Signal Vector Orbit Garden
Coast Valley Street Market""".split()
THIRD = """Software Consulting Analytics Systems Foods Logistics Trading Media Energy Design Textiles Capital
Robotics Pharma Travel Insurance Engineering Studio Research Services""".split()
LAST = "Sons Partners Brothers Group".split()
FORM = "Ltd LLC Inc GmbH AG S.A. S.r.l. B.V. AB Oy Pty|Ltd Pte|Ltd Co.,|Ltd A/S K.K. LLP plc S.L. Sp.|z|o.o. ООО".split()


def person(random: Random) -> Subject:
    """Given name and family name of one country, three times in ten with a second given name."""
    given, family = PEOPLE[random.choice(sorted(PEOPLE))]
    names = [random.choice(given), random.choice(family)]
    if random.random() < 0.3:
        names.insert(1, random.choice(given))
    return Subject(" ".join(names), "person")


def company(random: Random, *, words: slice = EVERY) -> Subject:
    """Seven in ten of ordinary words, three of a family's name."""
    if random.random() < 0.7:
        parts = [random.choice(FIRST[words]) + random.choice(["", " "]) + random.choice(SECOND[words])]
    else:
        _, family = PEOPLE[random.choice(sorted(PEOPLE))]
        parts = [random.choice(family[words]), random.choice(["&", "and", ""]), random.choice(LAST[words])]
    parts += [random.choice(THIRD[words]), random.choice(FORM).replace("|", " ")]
    return Subject(" ".join(filter(None, parts)), "company")


def companies(count: int, *, seed: int, words: slice) -> list[Subject]:
    random = Random(seed)
    return [company(random, words=words) for _ in range(count)]


def subjects(count: int, *, seed: int) -> list[Subject]:
    """Two people for each company."""
    random = Random(seed)
    return [company(random) if number % 3 == 2 else person(random) for number in range(count)]
