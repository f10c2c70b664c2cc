"""The QR code: how does a link become a picture that a phone can read?"""

import io

import segno


def data_url_of(text: str) -> str:
    """The QR code of a text as a picture that stands in its own address."""
    url: str = segno.make(text, error="m", micro=False).png_data_uri(scale=6, border=4)
    return url


def svg_of(text: str) -> str:
    """The QR code of a text as an SVG document, readable when a quarter of it is covered."""
    picture = io.BytesIO()
    segno.make(text, error="q", micro=False).save(picture, kind="svg", scale=8, border=4, xmldecl=False)
    return picture.getvalue().decode()
