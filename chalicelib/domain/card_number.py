"""Card numbers: how is a number written so that a slip of the finger is noticed?"""

PREFIX = "9096"  # a proprietary range: no payment network's


def check_digit(digits: str) -> str:
    """The digit of ISO/IEC 7812-1 annex B (Luhn) for the digits before it."""
    total = 0
    for position, character in enumerate(reversed(digits)):
        digit = int(character)
        if position % 2 == 0:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return str(-total % 10)


def card_number(random_digits: str) -> str:
    """A number of our own range: prefix, random digits, check digit."""
    body = PREFIX + random_digits
    return body + check_digit(body)


def is_card_number(number: str) -> bool:
    """Whether it is 13 to 20 digits whose last one fits."""
    return (
        number.isascii()
        and number.isdigit()
        and 13 <= len(number) <= 20
        and check_digit(number[:-1]) == number[-1]
    )
