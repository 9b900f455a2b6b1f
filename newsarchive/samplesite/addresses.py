"""How the sample site spells addresses: slugs, anchors, sizes of a picture."""

from __future__ import annotations

import re

_ASCII = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ı": "i", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def slug(name: str) -> str:
    """``Wiebke Zeisig`` -> ``wiebke-zeisig``."""
    return re.sub(r"[^a-z0-9]+", "-", name.translate(_ASCII).lower()).strip("-")


def topic_slug(name: str) -> str:
    """``Soziale Medien`` -> ``soziale_medien``, as under ``/thema/``."""
    return slug(name).replace("-", "_")


def anchor(heading: str) -> str:
    """``Kritik aus den Gemeinden`` -> ``Kritik-aus-den-Gemeinden``, the id of a heading."""
    return re.sub(r"[^A-Za-z0-9]+", "-", heading.translate(_ASCII)).strip("-")


def image_variant(url: str | None, size: str, extension: str = "jpg", width: int | None = None) -> str:
    """The picture at ``url`` in another size: ``…/<blob>/<size>/<name>.<extension>[?width=…]``."""
    folder, _, name = (url or "").partition("?")[0].rpartition("/")
    address = f"{folder.rpartition('/')[0]}/{size}/{name.rpartition('.')[0]}.{extension}"
    return f"{address}?width={width}" if width else address
