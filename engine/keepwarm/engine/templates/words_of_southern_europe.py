"""How dates and money are written in the south of Europe.

Source: Unicode's CLDR, as Babel 2.18 holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from keepwarm.engine.templates.local_words import LocalWords, parted

WORDS_OF_SOUTHERN_EUROPE: Mapping[str, LocalWords] = MappingProxyType(
    {
        # Italian
        "it": LocalWords(
            months=parted(
                "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|"
                "novembre|dicembre"
            ),
            short_months=parted("gen|feb|mar|apr|mag|giu|lug|ago|set|ott|nov|dic"),
            weekdays=parted("lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica"),
            short_weekdays=parted("lun|mar|mer|gio|ven|sab|dom"),
            long_date="%-d %B %Y",
            full_date="%A %-d %B %Y",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Catalan
        "ca": LocalWords(
            months=parted(
                "de gener|de febrer|de març|d\u2019abril|de maig|de juny|de juliol|d\u2019agost|"
                "de setembre|d\u2019octubre|de novembre|de desembre"
            ),
            short_months=parted(
                "de gen.|de febr.|de març|d\u2019abr.|de maig|de juny|"
                "de jul.|d\u2019ag.|de set.|d\u2019oct.|"
                "de nov.|de des."
            ),
            weekdays=parted("dilluns|dimarts|dimecres|dijous|divendres|dissabte|diumenge"),
            short_weekdays=parted("dl.|dt.|dc.|dj.|dv.|ds.|dg."),
            long_date="%-d %B del %Y",
            full_date="%A, %-d %B del %Y",
            clock="%-H:%M",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Galician
        "gl": LocalWords(
            months=parted(
                "xaneiro|febreiro|marzo|abril|maio|xuño|xullo|agosto|setembro|outubro|novembro|"
                "decembro"
            ),
            short_months=parted("xan.|feb.|mar.|abr.|maio|xuño|xul.|ago.|set.|out.|nov.|dec."),
            weekdays=parted("luns|martes|mércores|xoves|venres|sábado|domingo"),
            short_weekdays=parted("luns|mar.|mér.|xov.|ven.|sáb.|dom."),
            long_date="%-d de %B de %Y",
            full_date="%A, %-d de %B de %Y",
            short_date="%-d de %b de %Y",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Basque
        "eu": LocalWords(
            months=parted(
                "urtarrila|otsaila|martxoa|apirila|maiatza|ekaina|uztaila|abuztua|iraila|urria|"
                "azaroa|abendua"
            ),
            short_months=parted("urt.|ots.|mar.|api.|mai.|eka.|uzt.|abu.|ira.|urr.|aza.|abe."),
            weekdays=parted("astelehena|asteartea|asteazkena|osteguna|ostirala|larunbata|igandea"),
            short_weekdays=parted("al.|ar.|az.|og.|or.|lr.|ig."),
            long_date="%Y(e)ko %Bren %-d(a)",
            full_date="%Y(e)ko %Bren %-d(a), %A",
            short_date="%Y(e)ko %b %-d(a)",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Romanian
        "ro": LocalWords(
            months=parted(
                "ianuarie|februarie|martie|aprilie|mai|iunie|iulie|august|septembrie|octombrie|"
                "noiembrie|decembrie"
            ),
            short_months=parted("ian.|feb.|mar.|apr.|mai|iun.|iul.|aug.|sept.|oct.|nov.|dec."),
            weekdays=parted("luni|marți|miercuri|joi|vineri|sâmbătă|duminică"),
            short_weekdays=parted("lun.|mar.|mie.|joi|vin.|sâm.|dum."),
            long_date="%-d %B %Y",
            full_date="%A, %-d %B %Y",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Greek
        "el": LocalWords(
            months=parted(
                "Ιανουαρίου|Φεβρουαρίου|Μαρτίου|Απριλίου|Μαΐου|Ιουνίου|Ιουλίου|Αυγούστου|"
                "Σεπτεμβρίου|Οκτωβρίου|Νοεμβρίου|Δεκεμβρίου"
            ),
            short_months=parted(
                "\u0399\u03b1\u03bd|Φεβ|\u039c\u03b1\u03c1|Απρ|Μαΐ|\u0399\u03bf\u03c5\u03bd|Ιουλ|\u0391\u03c5\u03b3|Σεπ|Οκτ|Νοε|Δεκ"
            ),
            weekdays=parted("Δευτέρα|Τρίτη|Τετάρτη|Πέμπτη|Παρασκευή|Σάββατο|Κυριακή"),
            short_weekdays=parted("Δευ|Τρί|Τετ|Πέμ|Παρ|Σάβ|\u039a\u03c5\u03c1"),
            long_date="%-d %B %Y",
            full_date="%A %-d %B %Y",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Turkish
        "tr": LocalWords(
            months=parted(
                "Ocak|Şubat|Mart|Nisan|May\u0131s|Haziran|Temmuz|Ağustos|Eylül|Ekim|Kas\u0131m|Aral\u0131k"
            ),
            short_months=parted("Oca|Şub|Mar|Nis|May|Haz|Tem|Ağu|Eyl|Eki|Kas|Ara"),
            weekdays=parted("Pazartesi|Sal\u0131|Çarşamba|Perşembe|Cuma|Cumartesi|Pazar"),
            short_weekdays=parted("Pzt|Sal|Çar|Per|Cum|Cmt|Paz"),
            long_date="%-d %B %Y",
            full_date="%-d %B %Y %A",
            thousands=".",
            decimal=",",
            money="{sign}{amount}",
        ),
    }
)
