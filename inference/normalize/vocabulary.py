"""The tables of English normalisation: months, currencies, units, abbreviations, acronyms."""

from __future__ import annotations


def word_set(words: str) -> frozenset[str]:
    """Words parted by spaces, as a set."""
    return frozenset(words.split())


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MONTH_NAMES: dict[str, str] = {
    **{name.lower(): name for name in MONTHS},
    **{name[:3].lower(): name for name in MONTHS},
    "sept": "September",
}
"""Lower-case name or abbreviation → full name."""

WEEKDAYS: dict[str, str] = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thur": "Thursday",
    "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip

CURRENCIES: dict[str, tuple[str, str, str, str]] = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "US$": ("US dollar", "US dollars", "cent", "cents"),
    "A$": ("Australian dollar", "Australian dollars", "cent", "cents"),
    "C$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "CA$": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "NZ$": ("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "HK$": ("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "S$": ("Singapore dollar", "Singapore dollars", "cent", "cents"),
    "R$": ("real", "reais", "centavo", "centavos"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₽": ("rouble", "roubles", "kopeck", "kopecks"),
    "₩": ("won", "won", "jeon", "jeon"),
    "₺": ("lira", "lira", "kurush", "kurush"),
    "₴": ("hryvnia", "hryvnias", "kopiyka", "kopiykas"),
    "₦": ("naira", "naira", "kobo", "kobo"),
    "₪": ("shekel", "shekels", "agora", "agorot"),
    "₫": ("dong", "dong", "xu", "xu"),
    "฿": ("baht", "baht", "satang", "satang"),
    "₱": ("peso", "pesos", "centavo", "centavos"),
    "zł": ("zloty", "zlotys", "grosz", "groszy"),
    "Kč": ("koruna", "korunas", "haler", "halers"),
    "Ft": ("forint", "forints", "filler", "filler"),
    "kr": ("krone", "kroner", "øre", "øre"),
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
}
"""Symbol → one, many, one hundredth, many hundredths."""

CURRENCY_CODES: dict[str, str] = {
    "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "AUD": "A$", "CAD": "C$", "NZD": "NZ$", "CHF": "CHF",
    "RUB": "₽", "KRW": "₩", "TRY": "₺", "UAH": "₴", "NGN": "₦", "ILS": "₪", "PLN": "zł", "CZK": "Kč", "HUF": "Ft",
    "BRL": "R$", "SEK": "kr", "NOK": "kr", "DKK": "kr", "SGD": "S$", "HKD": "HK$", "THB": "฿", "PHP": "₱",
}  # fmt: skip

SCALES: dict[str, str] = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "bn": "billion", "B": "billion",
    "thousand": "thousand", "million": "million", "billion": "billion", "trillion": "trillion",
}  # fmt: skip

UNITS: dict[str, tuple[str, str]] = {
    "kg": ("kilogram", "kilograms"), "g": ("gram", "grams"), "mg": ("milligram", "milligrams"),
    "µg": ("microgram", "micrograms"), "μg": ("microgram", "micrograms"), "mcg": ("microgram", "micrograms"),
    "km": ("kilometre", "kilometres"), "m": ("metre", "metres"), "cm": ("centimetre", "centimetres"),
    "mm": ("millimetre", "millimetres"), "mi": ("mile", "miles"), "ft": ("foot", "feet"), "yd": ("yard", "yards"),
    "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"), "oz": ("ounce", "ounces"),
    "l": ("litre", "litres"), "L": ("litre", "litres"), "ml": ("millilitre", "millilitres"),
    "mL": ("millilitre", "millilitres"), "cl": ("centilitre", "centilitres"), "gal": ("gallon", "gallons"),
    "km/h": ("kilometre per hour", "kilometres per hour"), "kph": ("kilometre per hour", "kilometres per hour"),
    "mph": ("mile per hour", "miles per hour"), "m/s": ("metre per second", "metres per second"),
    "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"), "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"),
    "MW": ("megawatt", "megawatts"), "kWh": ("kilowatt hour", "kilowatt hours"), "V": ("volt", "volts"),
    "mAh": ("milliamp hour", "milliamp hours"), "KB": ("kilobyte", "kilobytes"), "kB": ("kilobyte", "kilobytes"),
    "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"),
    "Mbps": ("megabit per second", "megabits per second"), "Mbit/s": ("megabit per second", "megabits per second"),
    "Gbps": ("gigabit per second", "gigabits per second"), "dB": ("decibel", "decibels"),
    "kcal": ("kilocalorie", "kilocalories"), "cal": ("calorie", "calories"), "px": ("pixel", "pixels"),
    "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "℃": ("degree Celsius", "degrees Celsius"), "℉": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"),
    "m²": ("square metre", "square metres"), "m2": ("square metre", "square metres"),
    "km²": ("square kilometre", "square kilometres"), "km2": ("square kilometre", "square kilometres"),
    "cm²": ("square centimetre", "square centimetres"), "ft²": ("square foot", "square feet"),
    "sqm": ("square metre", "square metres"), "sqft": ("square foot", "square feet"),
    "sq ft": ("square foot", "square feet"), "sq m": ("square metre", "square metres"),
    "m³": ("cubic metre", "cubic metres"), "m3": ("cubic metre", "cubic metres"),
    "cm³": ("cubic centimetre", "cubic centimetres"), "ha": ("hectare", "hectares"),
    "h": ("hour", "hours"), "hr": ("hour", "hours"), "hrs": ("hour", "hours"),
    "min": ("minute", "minutes"), "mins": ("minute", "minutes"), "sec": ("second", "seconds"),
    "secs": ("second", "seconds"), "s": ("second", "seconds"), "ms": ("millisecond", "milliseconds"),
    "wk": ("week", "weeks"), "wks": ("week", "weeks"), "mo": ("month", "months"), "yr": ("year", "years"),
    "yrs": ("year", "years"),
    "%": ("percent", "percent"), "‰": ("per mille", "per mille"),
}  # fmt: skip
"""Written unit → one, many. Case counts: MB is not mb."""

ABBREVIATIONS: dict[str, str] = {
    "Mr.": "Mister", "Mrs.": "Missus", "Prof.": "Professor", "Rev.": "Reverend", "Gov.": "Governor",
    "Sgt.": "Sergeant", "Capt.": "Captain", "Gen.": "General", "Mt.": "Mount", "Ft.": "Fort",
    "Ave.": "Avenue", "Rd.": "Road", "Blvd.": "Boulevard", "Ln.": "Lane", "Hwy.": "Highway", "Apt.": "Apartment",
    "Ste.": "Suite", "Bldg.": "Building", "Inc.": "Incorporated", "Ltd.": "Limited", "Corp.": "Corporation",
    "Jr.": "Junior", "Sr.": "Senior", "Ph.D.": "P H D", "Ph.D": "P H D",
    "etc.": "et cetera", "e.g.": "for example", "i.e.": "that is", "approx.": "approximately", "vs.": "versus",
    "ca.": "about", "cf.": "compare", "dept.": "department", "est.": "established", "ext.": "extension",
    "tel.": "telephone", "incl.": "including", "excl.": "excluding", "max.": "maximum", "min.": "minimum",
    "appt.": "appointment", "hr.": "hour", "hrs.": "hours", "mins.": "minutes", "w/o": "without", "w/": "with",
    "a.k.a.": "also known as", "aka": "also known as",
}  # fmt: skip
"""Written → spoken. All but the capitalised ones may also begin with a capital."""

SAID_AS_WORDS = word_set(
    "NASA NATO UNESCO UNICEF OPEC AIDS COVID SARS LASER RADAR SCUBA SIM PIN ZIP RAM ROM GIF JPEG NAFTA FIFA UEFA IKEA "
    "LEGO VISA SWOT YOLO FOMO OSHA FEMA MOMA NASDAQ DOS GUI CAPTCHA WASP EFTA ASEAN SOHO TED SMART FAQS ASCII BIOS "
    "LAN WAN YMCAS AWOL CAD TESOL NICE HIPAA MIDI"
)
"""Written in capitals, but read as words."""
SPELLED = word_set(
    "ADHD HVAC NAACP YMCA YWCA USAID IEEE ACLU AARP ESPN IMEI CEO CFO COO CIO CTO EOD IOU FAQ ATM ETA ID IT US USA UK "
    "EU UN UAE AI API IRS IQ ICU EU TV PC UI UX IP URL ISO EOB AED IUD EKG ECG IVF OTC USB IO DIY AC HQ "
    "HR PR QA RSVP ASAP TBA TBD AOL"
)
"""Spelled although their letters could make a word, or they are short words too."""
CAPITAL_WORDS = word_set(
    "A I AM AN AND ANY ARE AS AT BE BIG BUT BY CAN CAR DAY DID DO FOR GET GO GOT HAD HAS HE HER HI HIM HIS HOT HOW IF IN "
    "IS ITS LET MAY ME MY NEW NO NOT NOW OF OFF OH OK OLD ON ONE OR OUR OUT PAY PUT RED SAY SEE SET SHE SIR SIX SO TEN "
    "THE TO TOO TOP TRY TWO UP USE WAS WAY WE WHO WHY YES YET YOU ALL BAD BOX BUS BUY END FAX FUN HEY JOB KEY LOW OWE "
    "SKY SUN TAX TEA TOY VAN WEB WIN MON TUE WED THU FRI SAT JAN FEB MAR APR JUN JUL AUG SEP OCT NOV DEC MR MS DR ST"
)
"""Two and three letters that are plain words even in capitals."""

DOMAIN_WORDS = word_set(
    "com org net info biz dev app shop store online site blog cloud edu gov mil int pro name live health dental care "
    "clinic pizza restaurant tech"
)
DOMAIN_LETTERS = word_set(
    "io ai tv me co uk us ca au nz de fr es it nl be ch at se no dk fi pl cz ie in jp cn kr br mx ar za ru ua tr gr pt "
    "hu ro eu ly gg sh to"
)
"""Endings that are spelled: "dot U K"."""
