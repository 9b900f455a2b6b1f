"""Articles written by hand, to be read by people: they open every run of invented stories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from newsarchive.model.article import Block
from newsarchive.samplesite.vocabulary import TOPICS, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A written text and the ``shape`` it is published in; ``place`` and ``region`` are where it plays."""

    shape: Literal["head_video", "analysis", "boxes"]
    topic: Topic
    place: str
    region: str
    topline: str
    headline: str
    seo_title: str
    lead: str
    blocks: tuple[Block, ...]
    label: str | None = None


def _topic(stem: str) -> Topic:
    return next(topic for topic in TOPICS if topic.stem == stem)


def _p(text: str) -> Block:
    return Block(kind="paragraph", text=text)


def _h(text: str) -> Block:
    return Block(kind="heading", level=2, text=text)


DRAFTS = (
    Draft(
        shape="head_video",
        topic=_topic("faehrunglueck"),
        place="Ostermünde",
        region="Westfleth",
        topline="Fähre vor Ostermünde",
        headline="Alle 212 Menschen an Bord gerettet",
        seo_title="Fähre vor Ostermünde auf Grund gelaufen - alle Passagiere gerettet",
        lead=(
            'Stundenlang saß die Fähre "Silbermöwe" vor Ostermünde fest. In der Nacht holten Fischerboote und '
            "Retter die letzten Passagiere an Land - für die Ermittler beginnt die Arbeit erst."
        ),
        blocks=(
            _p(
                'Nach dem Unglück der Fähre "Silbermöwe" sind alle 212 Menschen in Sicherheit. Das teilte die '
                "Seenotleitung in Ostermünde am frühen Morgen mit. Elf von ihnen kamen mit Unterkühlungen in "
                "Krankenhäuser, lebensgefährlich verletzt wurde niemand."
            ),
            _p(
                "Das Schiff war am Abend bei dichtem Nebel auf eine Sandbank gelaufen, etwa drei Kilometer vor dem "
                "Hafen. Warum es die Fahrrinne verließ, ist offen. Der Kapitän sprach in einer ersten Befragung von "
                "einem Ausfall der Ruderanlage."
            ),
            _h("Fischer waren als Erste da"),
            _p(
                'Die ersten Helfer kamen nicht mit dem Rettungskreuzer, sondern mit Kuttern. "Wir haben das Horn '
                'gehört und sind losgefahren", sagte Oda Hollerbek, die mit ihrem Boot 38 Menschen an Land brachte. '
                '"Da fragt man nicht lange."'
            ),
            _p(
                "Der Bürgermeister von Ostermünde nannte den Einsatz ein Zeichen dafür, wie eng die Küste "
                "zusammenstehe. In der Turnhalle der Hafenschule wurden Feldbetten aufgestellt - gebraucht wurde am "
                "Ende nur ein Drittel davon, weil viele Familien Gestrandete bei sich aufnahmen."
            ),
            _h("Ermittler sichern den Fahrtenschreiber"),
            _p(
                "Die Landesanstalt für Gewässer hat das Seegebiet in einem Umkreis von zwei Kilometern gesperrt. "
                "Öl trat nach ihren Angaben nicht aus. Mit dem Abschleppen soll begonnen werden, sobald der Wind auf "
                "unter fünf Beaufort abflaut."
            ),
            _p(
                "Der Fahrtenschreiber wurde bereits geborgen. Er soll Aufschluss darüber geben, ob die Besatzung "
                "früh genug gewarnt hat. Ein Bericht wird in etwa sechs Wochen erwartet."
            ),
        ),
    ),
    Draft(
        shape="analysis",
        topic=_topic("wahlkreise"),
        place="Halmstedt",
        region="Nordergau",
        topline="Wahlkreise in Nordergau",
        headline="Ein Strich auf der Karte, viel Ärger im Land",
        seo_title="Wahlkreisreform in Nordergau: Worum es bei dem Streit geht",
        label="Analyse",
        lead=(
            "Sieben Wahlkreise sollen verschwinden, vier neue entstehen. Auf dem Papier ist das Arithmetik. In "
            "Halmstedt und anderswo geht es um mehr: um die Frage, wer noch gehört wird."
        ),
        blocks=(
            _p(
                "Es ist eine einfache Rechnung, mit der die Wahlleiterin in diesen Wochen durch das Land reist. Ein "
                "Mandat soll für ungefähr gleich viele Menschen stehen. Weil die Dörfer schrumpfen und die Vorstädte "
                "wachsen, stimmt das schon lange nicht mehr."
            ),
            _p(
                "Und doch trifft sie überall auf Widerspruch. Wer im Westen des Landes lebt, hätte künftig bis zu "
                'neunzig Kilometer bis zum nächsten Wahlkreisbüro. "Dann kann ich gleich in die Hauptstadt fahren", '
                "sagt ein Landwirt in Halmstedt und zeigt auf den leeren Fahrplan an der Haltestelle."
            ),
            _h("Wer gewinnt, wer verliert"),
            _p(
                "Politisch ist die Sache heikler, als beide großen Fraktionen zugeben. Drei der sieben Wahlkreise, "
                "die wegfallen, gingen zuletzt mit weniger als 400 Stimmen Vorsprung aus. Schon kleine "
                "Verschiebungen entscheiden darüber, wem die neuen Zuschnitte nützen."
            ),
            _p(
                "Ein Gutachten des Instituts für Alltagsforschung hat sechzehn Varianten durchgerechnet. In keiner "
                "bleibt das heutige Verhältnis ganz erhalten, in den meisten aber weichen die Ergebnisse um höchstens "
                "ein Mandat ab. Das spricht gegen den Vorwurf, hier werde jemand gezielt benachteiligt."
            ),
            _h("Ein Ausweg liegt auf dem Tisch"),
            _p(
                "Denkbar wäre, die Zahl der Mandate leicht zu erhöhen und den ländlichen Raum mit mobilen Büros zu "
                "versorgen. Das kostet Geld, aber weniger als ein verlorener Prozess vor dem Landesgericht. Noch "
                "scheut die Landesregierung den Schritt, weil ein größerer Landtag unbeliebt ist."
            ),
            _p(
                "Am Ende wird sie sich entscheiden müssen. Denn die Frist, die das Gericht gesetzt hat, lässt sich "
                "nicht neu zuschneiden."
            ),
        ),
    ),
    Draft(
        shape="boxes",
        topic=_topic("trinkwasser"),
        place="Quellenau",
        region="Hochtalmark",
        topline="Trockenheit in Hochtalmark",
        headline="Wenn der Brunnen nur noch morgens läuft",
        seo_title="Trinkwasser in Hochtalmark: Quellenau schränkt die Versorgung ein",
        lead=(
            "In Quellenau wird das Wasser knapp. Seit Montag fließt es nur noch zu festen Stunden - und die Gemeinde "
            "streitet darüber, wer zuerst sparen muss."
        ),
        blocks=(
            _p(
                "Um sechs Uhr früh stehen in Quellenau jetzt überall Eimer bereit. Bis neun Uhr läuft das Wasser, "
                "dann dreht der Versorger ab, am Abend noch einmal für zwei Stunden auf. So soll der Pegel im "
                "Hochbehälter steigen, der auf den tiefsten Stand seit 1961 gefallen ist."
            ),
            _p(
                '"Wir haben den ganzen Winter auf Schnee gewartet", sagt Wassermeister Tilman Grothusen. Gekommen sei '
                "fast keiner. Die drei Quellen, aus denen der Ort seit mehr als hundert Jahren schöpft, geben "
                "zusammen noch vier Liter in der Sekunde."
            ),
            _h("Streit um die Getränkefabrik"),
            _p(
                "Für Unmut sorgt, dass die Getränkefabrik am Ortsrand weiter fördern darf. Ihre Genehmigung läuft "
                "noch bis zum Jahr 2031. Das Unternehmen verweist darauf, dass es seine Entnahme freiwillig um ein "
                "Fünftel gesenkt habe."
            ),
            _p(
                "Der Gemeinderat will nun prüfen lassen, ob sich die Genehmigung befristet aussetzen lässt. Juristisch "
                "ist das umstritten, weil der Vorrang der Bevölkerung zwar im Gesetz steht, aber nie angewendet wurde."
            ),
            _h("Hilfe kommt über den Berg"),
            _p(
                "Aus dem Nachbartal fahren seit Mittwoch Tankwagen. Jeder bringt 18.000 Liter, gebraucht würde das "
                "Zwanzigfache. Auf Dauer setzt die Gemeinde deshalb auf eine Leitung, für die schon einmal Pläne in "
                "der Schublade lagen. Fertig wäre sie frühestens in drei Jahren."
            ),
        ),
    ),
)
