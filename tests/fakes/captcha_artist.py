"""A captcha that everybody can read: the port CaptchaArtist."""


class PlainArtist:
    def picture(self, digits: str) -> bytes:
        return digits.encode()

    def sound(self, digits: str) -> bytes:
        return b"spoken " + digits.encode()
