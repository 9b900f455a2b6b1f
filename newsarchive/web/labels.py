"""Every label of the reading room in German; its English is the key. A test finds the labels that are missing here.

What stands in braces is filled in. Where a number decides the form, both forms are labels of their own.
"""

from __future__ import annotations

from types import MappingProxyType

LANGUAGES = ("de", "en")

GERMAN = MappingProxyType(
    {
        # Every page
        "Skip to the content": "Zum Inhalt springen",
        "Reading room": "Lesesaal",
        "Collections": "Sammlungen",
        "Search": "Suche",
        "Changes": "Änderungen",
        "Overview": "Überblick",
        "About": "Über",
        "Pages": "Seiten",
        "Language": "Sprache",
        # Refusals
        "Not found": "Nicht gefunden",
        "Not understood": "Nicht verstanden",
        "Cannot be shown now": "Gerade nicht zu sehen",
        "Go to the collections": "Zu den Sammlungen",
        "The archive is only read here.": "Das Archiv wird hier nur gelesen.",
        "This address is too long. Ask for less.": "Diese Adresse ist zu lang. Fragen Sie nach weniger.",
        "This address has control characters in it.": "In dieser Adresse stehen Steuerzeichen.",
        "There is no page at this address.": "Unter dieser Adresse gibt es keine Seite.",
        "There is no collection of this name here.": "Eine Sammlung dieses Namens gibt es hier nicht.",
        "Something went wrong in the reading room. The archive is untouched; what happened is on standard error "
        "of newsarchive serve.": "Im Lesesaal ist etwas schiefgegangen. Das Archiv ist unberührt; was geschah, steht "
        "in der Fehlerausgabe von newsarchive serve.",
        "“{name}” cannot be {value}. It is a whole number from {least} to {most}.": "„{name}“ kann nicht {value} sein. "
        "Es ist eine ganze Zahl von {least} bis {most}.",
        "“{name}” cannot be {value}. It is one of: {choices}.": "„{name}“ kann nicht {value} sein. Möglich ist: "
        "{choices}.",
        "“{name}” cannot be {value}. It is a day such as 2026-11-22.": "„{name}“ kann nicht {value} sein. Es ist ein "
        "Tag wie 2026-11-22.",
        # About
        "This is the reading room of a news archive.": "Dies ist der Lesesaal eines Nachrichtenarchivs.",
        "It shows what was archived, how it was changed since, and the pages as they were.": "Er zeigt, was archiviert "
        "wurde, wie es seitdem geändert wurde, und die Seiten, wie sie waren.",
        "It only reads: nothing here changes the archive, and nothing leaves this machine.": "Er liest nur: Nichts "
        "hier ändert das Archiv, und nichts verlässt diesen Rechner.",
        "Rights": "Rechte",
        "The articles belong to those who published them. What may be done with them, the law and the reservations "
        "that are shown with each article decide.": "Die Artikel gehören denen, die sie veröffentlicht haben. Was mit "
        "ihnen geschehen darf, bestimmen das Gesetz und die Vorbehalte, die bei jedem Artikel stehen.",
        "Keyboard": "Tastatur",
        "Key": "Taste",
        "Effect": "Wirkung",
        "to the search field": "zum Suchfeld",
        "to the next link, field or button": "zum nächsten Link, Feld oder Knopf",
        "open it": "öffnen",
        "newsarchive {version}": "newsarchive {version}",
        # Collections
        "There are no collections in {directory} yet. newsarchive crawl SITE makes one.": "In {directory} gibt es noch "
        "keine Sammlungen. newsarchive crawl SITE legt eine an.",
    }
)
