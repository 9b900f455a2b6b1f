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
        # Names of kinds, reasons, fields, times
        "Article": "Artikel",
        "Live blog": "Liveblog",
        "Video": "Video",
        "Audio": "Audio",
        "Gallery": "Galerie",
        "Listing": "Übersicht",
        "the page is not found any more (404)": "die Seite wird nicht mehr gefunden (404)",
        "the page is gone (410)": "die Seite ist fort (410)",
        "the address leads to what is no article": "die Adresse führt zu etwas, das kein Artikel ist",
        "the address leads to another article": "die Adresse führt zu einem anderen Artikel",
        "the page says that it was taken down": "die Seite sagt, dass sie depubliziert wurde",
        "label": "Etikett",
        "topline": "Dachzeile",
        "headline": "Überschrift",
        "lead": "Vorspann",
        "authors": "Autoren",
        "text": "Text",
        "players": "Player",
        "pictures": "Bilder",
        "entries": "Einträge",
        "corrections": "Korrekturen",
        "Stand": "Stand",
        "published": "veröffentlicht",
        "changed technically": "technisch geändert",
        "first published": "zuerst veröffentlicht",
        "to be taken down": "zu depublizieren",
        # Article
        "There is no article “{id}” in this collection.": "In dieser Sammlung gibt es keinen Artikel „{id}“.",
        "This article has no revision {revision}; its newest is {newest}.": "Dieser Artikel hat keine Fassung "
        "{revision}; die neueste ist {newest}.",
        "Removed:": "Entfernt:",
        "since {time} this article is not at its address any more:": "seit {time} steht dieser Artikel nicht mehr "
        "unter seiner Adresse:",
        "An earlier revision.": "Eine frühere Fassung.",
        "Go to the newest": "Zur neuesten",
        "Stand:": "Stand:",
        "without a Stand": "ohne Stand",
        "Picture, not in the archive": "Bild, nicht im Archiv",
        "Still picture, not in the archive": "Standbild, nicht im Archiv",
        "Credit:": "Bildnachweis:",
        "its address on the site": "seine Adresse auf der Website",
        "Duration": "Dauer",
        "Programme": "Sendung",
        "Station": "Sender",
        "On air": "Sendezeit",
        "Caption": "Bildunterschrift",
        "As printed": "Wie gedruckt",
        "Page of the clip": "Seite des Beitrags",
        "{count} stream on the site, not in the archive": "{count} Stream auf der Website, nicht im Archiv",
        "{count} streams on the site, not in the archive": "{count} Streams auf der Website, nicht im Archiv",
        "Subtitles as text": "Untertitel als Text",
        "{count} caption": "{count} Untertitel",
        "{count} captions": "{count} Untertitel",
        "Clip id": "Kennung des Beitrags",
        "Subtitle file:": "Untertiteldatei:",
        "in the archive": "im Archiv",
        "not in the archive": "nicht im Archiv",
        "Table": "Tabelle",
        "Box": "Kasten",
        "Embedded from {service}:": "Eingebettet von {service}:",
        "elsewhere": "anderswo",
        "{count} entry": "{count} Eintrag",
        "{count} entries": "{count} Einträge",
        "Entry {number}": "Eintrag {number}",
        "Corrections": "Korrekturen",
        "This topic in programmes": "Dieses Thema in Sendungen",
        "Tags": "Schlagwörter",
        "Related": "Verwandtes",
        "(not in the archive)": "(nicht im Archiv)",
        "Where this comes from": "Woher das stammt",
        "See the page as it was": "Die Seite sehen, wie sie war",
        "History:": "Geschichte:",
        "{count} revision": "{count} Fassung",
        "{count} revisions": "{count} Fassungen",
        "What revision {new} changed of revision {old}": "Was Fassung {new} an Fassung {old} änderte",
        "The page on the site today": "Die Seite heute auf der Website",
        "Revision": "Fassung",
        "Revisions": "Fassungen",
        "Revision {number} of {count}": "Fassung {number} von {count}",
        "earlier": "frühere",
        "later": "spätere",
        "Changed:": "Geändert:",
        "Silent: the Stand did not move.": "Still: Der Stand blieb, wie er war.",
        "Capture": "Aufnahme",
        "Captured": "Aufgenommen",
        "Last found": "Zuletzt gefunden",
        "Address": "Adresse",
        "Address it calls its own": "Adresse, die sie sich gibt",
        "Status": "Status",
        "none: it came in no HTTP response": "keiner: Sie kam in keiner HTTP-Antwort",
        "Article id": "Artikelkennung",
        "Content": "Inhalt",
        "Payload": "Nutzdaten",
        "WARC record": "WARC-Eintrag",
        "WARC file": "WARC-Datei",
        "Place in it": "Stelle darin",
        "byte {offset}, {length} bytes long": "Byte {offset}, {length} Bytes lang",
        "Digest of the file": "Prüfsumme der Datei",
        "Run": "Lauf",
        "Times and where they stood": "Zeiten und wo sie standen",
        "Means": "Bedeutet",
        "Place on the page": "Stelle auf der Seite",
        "Understood as": "Verstanden als",
        "The page gives none.": "Die Seite nennt keine.",
        "Nothing is declared about its use.": "Über die Nutzung ist nichts erklärt.",
        "Doubts about this reading": "Zweifel an dieser Lesung",
        "Made for others": "Für andere gemacht",
        "Title for search engines": "Titel für Suchmaschinen",
        "Description": "Beschreibung",
        "Read by": "Gelesen von",
        "Reader": "Leser",
        "Options": "Einstellungen",
        "Generation": "Generation",
        "Cite": "Zitieren",
        "Copy": "Kopieren",
        "Copied": "Kopiert",
        "Plain text": "Klartext",
        # Collections
        "There are no collections in {directory} yet. newsarchive crawl SITE makes one.": "In {directory} gibt es noch "
        "keine Sammlungen. newsarchive crawl SITE legt eine an.",
        # Replay
        "Replay": "Wiedergabe",
        "The player is starting …": "Die Wiedergabe beginnt …",
        "Replay needs JavaScript. The text of the capture is in the reading room without it.": "Die Wiedergabe braucht "
        "JavaScript. Den Text der Aufnahme zeigt der Lesesaal auch ohne.",
        "The player could not be started in this browser. The text of the capture is in the reading room.": "Die "
        "Wiedergabe ließ sich in diesem Browser nicht starten. Der Text der Aufnahme steht im Lesesaal.",
        "Browsers run the player only from this machine itself or over HTTPS. The text of the capture is in the "
        "reading room.": "Browser starten die Wiedergabe nur auf diesem Rechner selbst oder über HTTPS. Der Text der "
        "Aufnahme steht im Lesesaal.",
        "ReplayWeb.page is not installed here. In a checkout, make replay-assets puts it in its place.": "ReplayWeb.page ist hier nicht installiert. In einem Checkout legt make replay-assets es an seinen Platz.",
        "There is no capture of this id in the collection.": "Eine Aufnahme mit dieser Kennung gibt es in der Sammlung "
        "nicht.",
        "There is no snapshot of this name in the collection.": "Einen Schnappschuss dieses Namens gibt es in der "
        "Sammlung nicht.",
        "What belongs to this capture has changed meanwhile. Load the page again.": "Was zu dieser Aufnahme gehört, "
        "hat sich inzwischen geändert. Laden Sie die Seite neu.",
        "This capture is no picture that can be shown by itself.": "Diese Aufnahme ist kein Bild, das für sich gezeigt "
        "werden kann.",
    }
)
