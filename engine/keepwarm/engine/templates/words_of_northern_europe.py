"""How dates and money are written in the north of Europe.

Source: Unicode's CLDR, as Babel 2.18 holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from keepwarm.engine.templates.local_words import LocalWords, parted

WORDS_OF_NORTHERN_EUROPE: Mapping[str, LocalWords] = MappingProxyType(
    {
        # Swedish
        "sv": LocalWords(
            months=parted(
                "januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november|"
                "december"
            ),
            short_months=parted("jan.|feb.|mars|apr.|maj|juni|juli|aug.|sep.|okt.|nov.|dec."),
            weekdays=parted("måndag|tisdag|onsdag|torsdag|fredag|lördag|söndag"),
            short_weekdays=parted("mån|tis|ons|tors|fre|lör|sön"),
            long_date="%-d %B %Y",
            full_date="%A %-d %B %Y",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Danish
        "da": LocalWords(
            months=parted(
                "januar|februar|marts|april|maj|juni|juli|august|september|oktober|november|"
                "december"
            ),
            short_months=parted("jan.|feb.|mar.|apr.|maj|jun.|jul.|aug.|sep.|okt.|nov.|dec."),
            weekdays=parted("mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag"),
            short_weekdays=parted("man.|tirs.|ons.|tors.|fre.|lør.|søn."),
            long_date="%-d. %B %Y",
            full_date="%A den %-d. %B %Y",
            short_date="%-d. %b %Y",
            clock="%H.%M",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Finnish
        "fi": LocalWords(
            months=parted(
                "tammikuuta|helmikuuta|maaliskuuta|huhtikuuta|toukokuuta|kesäkuuta|heinäkuuta|"
                "elokuuta|syyskuuta|lokakuuta|marraskuuta|joulukuuta"
            ),
            short_months=parted(
                "tammi|helmi|maalis|huhti|touko|kesä|heinä|elo|syys|loka|marras|joulu"
            ),
            weekdays=parted(
                "maanantaina|tiistaina|keskiviikkona|torstaina|perjantaina|lauantaina|sunnuntai"
            ),
            short_weekdays=parted("ma|ti|ke|to|pe|la|su"),
            long_date="%-d. %B %Y",
            full_date="%A %-d. %B %Y",
            short_date="%-d.%-m.%Y",
            clock="%-H.%M",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Icelandic
        "is": LocalWords(
            months=parted(
                "janúar|febrúar|mars|apríl|maí|júní|júlí|ágúst|september|október|nóvember|desember"
            ),
            short_months=parted("jan.|feb.|mar.|apr.|maí|jún.|júl.|ágú.|sep.|okt.|nóv.|des."),
            weekdays=parted(
                "mánudagur|þriðjudagur|miðvikudagur|fimmtudagur|föstudagur|laugardagur|sunnudagur"
            ),
            short_weekdays=parted("mán.|þri.|mið.|fim.|fös.|lau.|sun."),
            long_date="%-d. %B %Y",
            full_date="%A, %-d. %B %Y",
            short_date="%-d. %b %Y",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Estonian
        "et": LocalWords(
            months=parted(
                "jaanuar|veebruar|märts|aprill|mai|juuni|juuli|august|september|oktoober|"
                "november|detsember"
            ),
            short_months=parted("jaan|veebr|märts|apr|mai|juuni|juuli|aug|sept|okt|nov|dets"),
            weekdays=parted("esmaspäev|teisipäev|kolmapäev|neljapäev|reede|laupäev|pühapäev"),
            short_weekdays=parted("E|T|K|N|R|L|P"),
            long_date="%-d. %B %Y",
            full_date="%A, %-d. %B %Y",
            short_date="%-d. %b %Y",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Latvian
        "lv": LocalWords(
            months=parted(
                "janvāris|februāris|marts|aprīlis|maijs|jūnijs|jūlijs|augusts|septembris|"
                "oktobris|novembris|decembris"
            ),
            short_months=parted("janv.|febr.|marts|apr.|maijs|jūn.|jūl.|aug.|sept.|okt.|nov.|dec."),
            weekdays=parted(
                "pirmdiena|otrdiena|trešdiena|ceturtdiena|piektdiena|sestdiena|svētdiena"
            ),
            short_weekdays=parted("pirmd.|otrd.|trešd.|ceturtd.|piektd.|sestd.|svētd."),
            long_date="%Y. gada %-d. %B",
            full_date="%A, %Y. gada %-d. %B",
            short_date="%Y. gada %-d. %b",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Lithuanian
        "lt": LocalWords(
            months=parted(
                "sausio|vasario|kovo|balandžio|gegužės|birželio|liepos|rugpjūčio|rugsėjo|spalio|"
                "lapkričio|gruodžio"
            ),
            short_months=parted(
                "saus.|vas.|kov.|bal.|geg.|birž.|liep.|rugp.|rugs.|spal.|lapkr.|gruod."
            ),
            weekdays=parted(
                "pirmadienis|antradienis|trečiadienis|ketvirtadienis|penktadienis|šeštadienis|"
                "sekmadienis"
            ),
            short_weekdays=parted("pr|an|tr|kt|pn|št|sk"),
            long_date="%Y m. %B %-d d.",
            full_date="%Y m. %B %-d d., %A",
            short_date="%Y-%m-%d",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Irish
        "ga": LocalWords(
            months=parted(
                "Eanáir|Feabhra|Márta|Aibreán|Bealtaine|Meitheamh|Iúil|Lúnasa|Meán Fómhair|"
                "Deireadh Fómhair|Samhain|Nollaig"
            ),
            short_months=parted("Ean|Feabh|Márta|Aib|Beal|Meith|Iúil|Lún|MFómh|DFómh|Samh|Noll"),
            weekdays=parted(
                "Dé Luain|Dé Máirt|Dé Céadaoin|Déardaoin|Dé hAoine|Dé Sathairn|Dé Domhnaigh"
            ),
            short_weekdays=parted("Luan|Máirt|Céad|Déar|Aoine|Sath|Domh"),
            long_date="%-d %B %Y",
            full_date="%A %-d %B %Y",
            thousands=",",
            decimal=".",
            money="{sign}{amount}",
        ),
        # Welsh
        "cy": LocalWords(
            months=parted(
                "Ionawr|Chwefror|Mawrth|Ebrill|Mai|Mehefin|Gorffennaf|Awst|Medi|Hydref|Tachwedd|"
                "Rhagfyr"
            ),
            short_months=parted("Ion|Chwef|Maw|Ebr|Mai|Meh|Gorff|Awst|Medi|Hyd|Tach|Rhag"),
            weekdays=parted(
                "Dydd Llun|Dydd Mawrth|Dydd Mercher|Dydd Iau|Dydd Gwener|Dydd Sadwrn|Dydd Sul"
            ),
            short_weekdays=parted("Llun|Maw|Mer|Iau|Gwen|Sad|Sul"),
            long_date="%-d %B %Y",
            full_date="%A, %-d %B %Y",
            thousands=",",
            decimal=".",
            money="{sign}{amount}",
        ),
        # Norwegian Bokmål
        "nb": LocalWords(
            months=parted(
                "januar|februar|mars|april|mai|juni|juli|august|september|oktober|november|desember"
            ),
            short_months=parted("jan.|feb.|mars|apr.|mai|juni|juli|aug.|sep.|okt.|nov.|des."),
            weekdays=parted("mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag"),
            short_weekdays=parted("man.|tir.|ons.|tor.|fre.|lør.|søn."),
            long_date="%-d. %B %Y",
            full_date="%A %-d. %B %Y",
            short_date="%-d. %b %Y",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
    }
)
