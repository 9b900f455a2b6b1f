"""The invented material the articles are made of: places, people, institutions, topics and sentences.

Slots in braces are filled by ``invent``: ``{place}``, ``{person}``, ``{office}`` … ``{nom}``, ``{akk}``, ``{dat}``
are the topic in its three cases. Straight quotes and " - " as dash, as the newsroom that lent the markup writes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """A matter that articles are about: ``nom``, ``akk``, ``dat`` are its German cases, ``picture`` describes a
    photograph of it, ``stem`` begins the address of the article."""

    section: tuple[tuple[str, str], ...]
    stem: str
    tag: str
    keyword: str
    nom: str
    akk: str
    dat: str
    picture: str


_DOMESTIC = (("Inland", "/inland"), ("Innenpolitik", "/inland/innenpolitik"))
_SOCIETY = (("Inland", "/inland"), ("Gesellschaft", "/inland/gesellschaft"))
_EUROPE = (("Ausland", "/ausland"), ("Europa", "/ausland/europa"))
_OVERSEAS = (("Ausland", "/ausland"), ("Ozeanien", "/ausland/ozeanien"))
_CONSUMERS = (("Wirtschaft", "/wirtschaft"), ("Verbraucher", "/wirtschaft/verbraucher"))
_COMPANIES = (("Wirtschaft", "/wirtschaft"), ("Unternehmen", "/wirtschaft/unternehmen"))
_CLIMATE = (("Wissen", "/wissen"), ("Klima & Umwelt", "/wissen/klima"))
_RESEARCH = (("Wissen", "/wissen"), ("Forschung", "/wissen/forschung"))
_FACTS = (("Faktenfinder", "/faktenfinder"),)
_INQUIRY = (("Investigativ", "/investigativ"),)

TOPICS = (
    Topic(
        _DOMESTIC,
        "deichgesetz",
        "Deichgesetz",
        "Küstenschutz",
        "das neue Deichgesetz",
        "das neue Deichgesetz",
        "dem neuen Deichgesetz",
        "Schafe auf einem Deich bei Sturm",
    ),
    Topic(
        _DOMESTIC,
        "wahlkreise",
        "Wahlkreisreform",
        "Landtag",
        "die Reform der Wahlkreise",
        "die Reform der Wahlkreise",
        "der Reform der Wahlkreise",
        "Abgeordnete bei einer Abstimmung per Handzeichen",
    ),
    Topic(
        _DOMESTIC,
        "rathausfusion",
        "Gemeindefusion",
        "Kommunen",
        "die Fusion der Gemeinden",
        "die Fusion der Gemeinden",
        "der Fusion der Gemeinden",
        "Zwei Ortsschilder stehen nebeneinander auf einer Wiese",
    ),
    Topic(
        _DOMESTIC,
        "katastrophenschutz",
        "Katastrophenschutz",
        "Sirenen",
        "der Umbau des Katastrophenschutzes",
        "den Umbau des Katastrophenschutzes",
        "dem Umbau des Katastrophenschutzes",
        "Eine Sirene auf dem Dach einer Feuerwache",
    ),
    Topic(
        _SOCIETY,
        "dorfschule",
        "Dorfschulen",
        "Bildung",
        "der Erhalt der Dorfschulen",
        "den Erhalt der Dorfschulen",
        "dem Erhalt der Dorfschulen",
        "Kinder laufen über einen leeren Schulhof",
    ),
    Topic(
        _SOCIETY,
        "pflegeheime",
        "Pflege",
        "Heimaufsicht",
        "die Lage in den Pflegeheimen",
        "die Lage in den Pflegeheimen",
        "der Lage in den Pflegeheimen",
        "Eine Pflegerin schiebt einen Rollstuhl über einen Flur",
    ),
    Topic(
        _SOCIETY,
        "ehrenamt",
        "Ehrenamt",
        "Vereine",
        "die Zukunft des Ehrenamts",
        "die Zukunft des Ehrenamts",
        "der Zukunft des Ehrenamts",
        "Freiwillige tragen Bänke in ein Vereinsheim",
    ),
    Topic(
        _EUROPE,
        "grenzabkommen",
        "Grenzabkommen",
        "Norvalien",
        "das Grenzabkommen mit Norvalien",
        "das Grenzabkommen mit Norvalien",
        "dem Grenzabkommen mit Norvalien",
        "Ein Schlagbaum an einer verschneiten Landstraße",
    ),
    Topic(
        _EUROPE,
        "faehrunglueck",
        "Fährunglück",
        "Kestrien",
        "das Fährunglück vor Kestrien",
        "das Fährunglück vor Kestrien",
        "dem Fährunglück vor Kestrien",
        "Ein Rettungsboot neben einer Fähre im Nebel",
    ),
    Topic(
        _EUROPE,
        "parlamentswahl",
        "Parlamentswahl",
        "Talmark",
        "die Parlamentswahl in der Talmark",
        "die Parlamentswahl in der Talmark",
        "der Parlamentswahl in der Talmark",
        "Eine Wählerin wirft einen Umschlag in eine Urne",
    ),
    Topic(
        _OVERSEAS,
        "wirbelsturm",
        "Wirbelsturm",
        "Tavuna-Inseln",
        "der Wirbelsturm auf den Tavuna-Inseln",
        "den Wirbelsturm auf den Tavuna-Inseln",
        "dem Wirbelsturm auf den Tavuna-Inseln",
        "Umgestürzte Palmen an einer Küstenstraße",
    ),
    Topic(
        _OVERSEAS,
        "fischerei",
        "Fischerei",
        "Tavuna-Inseln",
        "der Streit über die Fangquoten",
        "den Streit über die Fangquoten",
        "dem Streit über die Fangquoten",
        "Fischerboote liegen in einem kleinen Hafen",
    ),
    Topic(
        _CONSUMERS,
        "strompreis",
        "Strompreise",
        "Energie",
        "die Entwicklung der Strompreise",
        "die Entwicklung der Strompreise",
        "der Entwicklung der Strompreise",
        "Ein Stromzähler in einem Hausflur",
    ),
    Topic(
        _CONSUMERS,
        "mietspiegel",
        "Mieten",
        "Wohnen",
        "der neue Mietspiegel",
        "den neuen Mietspiegel",
        "dem neuen Mietspiegel",
        "Briefkästen in einem Altbau",
    ),
    Topic(
        _CONSUMERS,
        "brotpreise",
        "Lebensmittelpreise",
        "Bäckereien",
        "der Anstieg der Brotpreise",
        "den Anstieg der Brotpreise",
        "dem Anstieg der Brotpreise",
        "Brotlaibe in der Auslage einer Bäckerei",
    ),
    Topic(
        _COMPANIES,
        "werft",
        "Werften",
        "Schiffbau",
        "die Rettung der Werft",
        "die Rettung der Werft",
        "der Rettung der Werft",
        "Ein Kran über einem Schiffsrumpf im Trockendock",
    ),
    Topic(
        _COMPANIES,
        "bahnwerk",
        "Bahnindustrie",
        "Tarifstreit",
        "der Tarifstreit im Bahnwerk",
        "den Tarifstreit im Bahnwerk",
        "dem Tarifstreit im Bahnwerk",
        "Beschäftigte vor dem Tor eines Bahnwerks",
    ),
    Topic(
        _COMPANIES,
        "saatgut",
        "Landwirtschaft",
        "Saatgut",
        "die Übernahme des Saatgutherstellers",
        "die Übernahme des Saatgutherstellers",
        "der Übernahme des Saatgutherstellers",
        "Säcke mit Saatgut in einer Lagerhalle",
    ),
    Topic(
        _CLIMATE,
        "moorschutz",
        "Moorschutz",
        "Klimaschutz",
        "die Wiedervernässung der Moore",
        "die Wiedervernässung der Moore",
        "der Wiedervernässung der Moore",
        "Nebel über einem Moorgebiet am Morgen",
    ),
    Topic(
        _CLIMATE,
        "trinkwasser",
        "Trinkwasser",
        "Dürre",
        "die Sorge um das Trinkwasser",
        "die Sorge um das Trinkwasser",
        "der Sorge um das Trinkwasser",
        "Ein Wasserhahn tropft in ein Glas",
    ),
    Topic(
        _RESEARCH,
        "sternwarte",
        "Astronomie",
        "Sternwarte",
        "die Entdeckung der Sternwarte",
        "die Entdeckung der Sternwarte",
        "der Entdeckung der Sternwarte",
        "Die Kuppel einer Sternwarte unter klarem Himmel",
    ),
    Topic(
        _RESEARCH,
        "zugvoegel",
        "Zugvögel",
        "Biologie",
        "die Zählung der Zugvögel",
        "die Zählung der Zugvögel",
        "der Zählung der Zugvögel",
        "Ein Schwarm Kraniche über einem Stoppelfeld",
    ),
    Topic(
        _FACTS,
        "falschmeldung",
        "Desinformation",
        "Soziale Medien",
        "die Falschmeldung über gesperrte Brücken",
        "die Falschmeldung über gesperrte Brücken",
        "der Falschmeldung über gesperrte Brücken",
        "Ein Telefon mit einer Kurznachricht liegt auf einem Tisch",
    ),
    Topic(
        _INQUIRY,
        "gutachten",
        "Gutachten",
        "Vergabe",
        "die Vergabe der Gutachten",
        "die Vergabe der Gutachten",
        "der Vergabe der Gutachten",
        "Aktenordner in einem Archivregal",
    ),
)

PLACES = (
    "Halmstedt", "Brückenrode", "Oberwiek", "Sandersfleth", "Nordergast", "Hohenbrelau", "Wiesmoorde", "Tannenlohe",
    "Kaltenbruch", "Rehmsdörp", "Falkenried", "Grünwarden", "Ostermünde", "Lauterhagen", "Steinbeckum", "Vossenthal",
    "Mühlgau", "Birkhöfen", "Quellenau", "Schierwitz", "Dornsiel", "Eschenloh", "Krummwasser", "Uhlenbek",
)  # fmt: skip

REGIONS = ("Nordergau", "Hochtalmark", "Westfleth", "Silberland", "Mittelharde", "Seenland")

FIRST_NAMES = (
    "Annika", "Bernd", "Carla", "Detlef", "Elif", "Friederike", "Gesa", "Henrik", "Ines", "Jannis", "Katharina",
    "Levent", "Maren", "Nils", "Oda", "Paulina", "Ruprecht", "Svenja", "Tilman", "Ulrike", "Veit", "Wiebke",
)  # fmt: skip

LAST_NAMES = (
    "Achterkamp", "Brahmstedt", "Dierksmeyer", "Eichenlaub", "Fensterer", "Grothusen", "Hollerbek", "Immenrodt",
    "Jessenkamp", "Kaltwasser", "Lüdersfeld", "Mühlbrandt", "Nettelkamp", "Osterloher", "Pfannstiel", "Querfurter",
    "Rosenbruch", "Sandvoss", "Tiefensee-Raab", "Uhlenhorst", "Vierkötter", "Wackernagel-Ott", "Yıldıray", "Zeisig",
)  # fmt: skip

OFFICES = (
    "Landesministerin", "Bürgermeister", "Fraktionschefin", "Sprecher der Kreisverwaltung", "Gewerkschafterin",
    "Verbandspräsident", "Professorin für Verwaltungsrecht", "Ökonom", "Landrätin", "Sachverständiger",
)  # fmt: skip

BODIES = (
    ("die Landesanstalt für Gewässer", "der Landesanstalt für Gewässer"),
    ("das Bundesamt für Dorfentwicklung", "dem Bundesamt für Dorfentwicklung"),
    ("der Verband der Küstengemeinden", "dem Verband der Küstengemeinden"),
    ("die Stiftung Offenes Land", "der Stiftung Offenes Land"),
    ("das Institut für Alltagsforschung", "dem Institut für Alltagsforschung"),
    ("der Bund der Handwerksräte", "dem Bund der Handwerksräte"),
    ("die Arbeitsgemeinschaft Verkehr und Raum", "der Arbeitsgemeinschaft Verkehr und Raum"),
    ("der Landesrechnungshof", "dem Landesrechnungshof"),
)

STATIONS = (
    ("Das Erste", "Tagesrundschau"),
    ("Das Erste", "Abendjournal"),
    ("tagesschau24", "Mittagsmagazin"),
    ("NDR Info", "Nachrichten"),
    ("Bayern 2", "Regionalzeit"),
    ("Deutschlandfunk", "Informationen zur Nacht"),
)
"""Station and programme. The stations alone are real: pages print them beside programmes and persons, and only
who knows them by name can tell the three apart."""

PROGRAMMES = (("die", "Tagesrundschau"), ("das", "Abendjournal"), ("das", "Mittagsmagazin"), ("die", "Regionalzeit"))

ORGANISATIONS = ("LFK", "NWR", "Bergfunk", "LFK-Studio Talmark", "LFK Hauptstadtstudio")

AGENCIES = ("nwa", "nwa/kpd", "kpd")

CREDITS = ("nwa", "picture archive / nwa", "KPD", "Lisbeth Rahn/nwa", "REGIO-FOTO", "Bergfunk")

LABELS = ("Analyse", "Hintergrund", "Reportage", "Interview", "FAQ", "exklusiv", "Kommentar", "Faktenfinder")

TOPLINES = (
    "{region}", "Streit in {place}", "{tag}", "Bericht aus {place}", "Nach langer Debatte", "Landtag von {region}",
    "Vor der Entscheidung", "Neue Zahlen",
)  # fmt: skip

HEADLINES = (
    "{place} ringt um {akk}",
    "Was {nom} für {place} bedeutet",
    "Wie es mit {dat} weitergeht",
    "Warum {nom} umstritten bleibt",
    "{count} Einwände gegen {akk}",
    "{place} stimmt über {akk} ab",
    "Kritik an {dat} wächst",
    "Neuer Anlauf für {akk}",
    "{place} wartet auf {akk}",
)

SEO_HEADLINES = (
    "{place}: Debatte über {akk}",
    "{region}: Was über {akk} bekannt ist",
    "{place} - {nom} im Überblick",
)

LEADS = (
    (
        "In {place} sorgt {nom} weiter für Diskussionen. Die Verwaltung will bis {month} einen "
        "Vorschlag vorlegen - doch der Widerstand ist groß."
    ),
    (
        "Lange war es still, nun ist {nom} wieder Thema in {place}. {percent} Prozent der Befragten "
        "wünschen sich eine schnelle Lösung."
    ),
    "Es geht um viel Geld und um Vertrauen: In {region} wird {nom} zur Bewährungsprobe. Was bisher bekannt ist.",
    "{person} hatte einen Kompromiss versprochen. Jetzt zeigt sich, dass {nom} mehr Fragen aufwirft als gedacht.",
    "Die Beratungen in {place} dauerten bis in die Nacht. Am Ende stand fest, dass {nom} noch einmal geprüft wird.",
    "{body_nom_cap} hat einen Bericht vorgelegt. Er zeigt, wie sehr {nom} die Menschen in {region} beschäftigt.",
)

HEADINGS = (
    "Beratungen bis in die Nacht",
    "Kritik aus den Gemeinden",
    "{percent} Prozent sind dafür",
    "Offene Fragen bei der Finanzierung",
    "Was die Fachleute empfehlen",
    "Widerstand in {place}",
    "Entscheidung frühestens im {month}",
    "\"Wir haben zu lange gewartet\"",
    "Ein Blick zurück",
    "So geht es weiter",
    "Zweifel an den Zahlen",
    "Unterstützung vom Verband",
    "Verwaltungsgerichtsentscheidung erwartet",
    "Ein Kompromiss mit Tücken", "Mehr Personal, weniger Wege",
)  # fmt: skip

SENTENCES = (
    "In {place} haben am {weekday} rund {crowd} Menschen über {akk} beraten.",
    (
        "Die Kosten werden inzwischen auf {millions} Millionen Euro geschätzt, vor einem Jahr war noch "
        "von der Hälfte die Rede."
    ),
    "{body_nom_cap} spricht von einem Schritt, der überfällig gewesen sei.",
    "Nach Angaben von {person}, {office} in {place}, fehlen dafür bislang {count} Fachkräfte.",
    "Das Vorhaben soll in {count} Abschnitten umgesetzt werden, der erste könnte im {month} beginnen.",
    "Ob der Zeitplan zu halten ist, gilt als offen.",
    "Die Opposition im Landtag von {region} verlangt eine Sondersitzung.",
    "Zuvor hatte die Zeitung Halmstedter Bote über ein internes Papier berichtet.",
    "Demnach wären {percent} Prozent der Haushalte in {region} betroffen.",
    "Viele Anwohnerinnen und Anwohner halten die Pläne für unausgegoren - sie fürchten vor allem längere Wege.",
    "Ein Eilantrag gegen {akk} liegt beim Verwaltungsgericht in {place}.",
    "Mit einer Entscheidung rechnen die Beteiligten frühestens im {month}.",
    "Die Verwaltung verweist darauf, dass die Frist erst am {day}. {month} endet.",
    "Gemeinsam mit {body_dat} wurde ein Stufenplan ausgearbeitet, der {count} Maßnahmen umfasst.",
    "In einer Umfrage unter {crowd} Menschen nannten {percent} Prozent die Dauer des Verfahrens als größtes Ärgernis.",
    "Einige Gemeinden haben bereits eigene Lösungen gefunden und teilen sich seit dem Frühjahr eine Beratungsstelle.",
    "Auch in {place2} wird {nom} aufmerksam verfolgt, weil dort eine ähnliche Entscheidung ansteht.",
    "Die Landesregierung von {region} will sich dazu vorerst nicht äußern.",
    "Fachleute warnen, dass ohne zusätzliche Mittel kaum mehr als ein Provisorium entstehen könne.",
    "{person} leitet den Ausschuss seit {count} Jahren und kennt die Akten wie kaum jemand sonst.",
    "Bei {body_dat} heißt es, das Geld reiche gerade einmal für die ersten {count} Monate.",
    "Im vergangenen Jahr wurden in {region} {crowd} Anträge gestellt, bewilligt wurde etwa die Hälfte.",
    "Die Reporterin der Sendereihe Landfunk 24 traf in {place} auf Menschen, die sich übergangen fühlen.",
    "Wer {akk} verstehen will, muss in die Zeit vor der Kreisreform zurückgehen.",
    "Damals war vereinbart worden, alle {count} Jahre Bilanz zu ziehen - geschehen ist das nie.",
    "Die Zahl der Beschwerden stieg seither um {percent} Prozent.",
    "Ein Gutachten, das der Nachrichtenagentur nwa vorliegt, nennt drei mögliche Wege.",
    "Der erste gilt als teuer, der zweite als langsam, der dritte als rechtlich heikel.",
    "Am {weekday} wollen die Fraktionen in {place} noch einmal zusammenkommen.",
    "Bis dahin bleibt alles, wie es ist.",
)

QUOTED = (
    "\"Wir können {akk} nicht noch ein Jahr vor uns herschieben\", sagte {person}, {office} in {place}.",
    "{person} erklärte: \"Am Ende müssen die Leute merken, dass sich etwas ändert. Sonst verlieren wir sie.\"",
    "\"Das Papier ist gut gemeint, aber an {count} Stellen schlicht falsch\", heißt es bei {body_dat}.",
    "Es sei \"ein Gebot der Vernunft\", jetzt zu handeln, sagte {person} dem Landfunk.",
    "Auf die Frage, wer die Kosten trägt, antwortete {person} knapp: \"Am Ende alle.\"",
)  # fmt: skip

QUOTES = (
    "Wer in {place} lebt, weiß, was auf dem Spiel steht.",
    "Niemand hat uns gefragt, und genau das ist das Problem.",
    "Wir brauchen keine neuen Arbeitskreise, wir brauchen einen Termin.",
)

LIST_ITEMS = (
    "Bis Ende {month}: Anhörung der Gemeinden",
    "Zuschuss von {millions} Millionen Euro aus dem Landeshaushalt",
    "Eine Anlaufstelle in {place}, geöffnet an {count} Tagen im Monat",
    "Prüfung gemeinsam mit {body_dat}",
    "Bericht an den Landtag von {region} nach {count} Monaten",
)

BOXES = (
    (
        "Wie die Zahlen entstehen",
        (
            "Grundlage ist eine Befragung von {crowd} Haushalten in {region}. Die Fehlertoleranz liegt nach "
            "Angaben der Beteiligten bei {count} Prozentpunkten."
        ),
    ),
    (
        "Angaben der Beteiligten",
        ("Nicht alle Angaben zum Ablauf der Sitzung lassen sich derzeit von unabhängiger Stelle prüfen."),
    ),
    (
        "Was ist der Kreisausgleich?",
        (
            "Mit dem Kreisausgleich gleicht {region} Unterschiede zwischen armen und reichen Gemeinden aus. "
            "Er wird alle {count} Jahre neu berechnet."
        ),
    ),
)

CORRECTIONS = (
    (
        "Anmerkung der Redaktion: In einer früheren Fassung dieses Textes stand, die Frist ende am "
        "{day}. {month}. Wir haben das korrigiert."
    ),
    (
        "Korrektur: Anders als zunächst gemeldet, liegt {place} nicht in {region}. Wir bitten, den "
        "Fehler zu entschuldigen."
    ),
)

CLIP_TITLES = (
    "{person}, {org}, zu {dat} in {place}",
    "{place}: Proteste gegen {akk}",
    "{region} berät über {akk}",
    '"Das wird nicht reichen": {person} über {akk}',
)

LIVE_HEADINGS = (
    "Sitzung in {place} unterbrochen",
    "Erste Zahlen aus {region}",
    "{percent} Prozent bis zum Mittag",
    "{person} tritt vor die Presse",
    "Rathaus von {place} bleibt geöffnet",
    "Warten auf das Ergebnis",
    "Zufahrt nach {place} wieder frei",
    "Verband mahnt zur Ruhe",
    "Ausschuss vertagt sich", "Zweite Abstimmung angesetzt", "Meldung über Sperrung war falsch", "Liveblog eröffnet",
)  # fmt: skip

MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November",
    "Dezember",
)  # fmt: skip

WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
