"""How dates and money are written in the east of Europe.

Source: Unicode's CLDR, as Babel 2.18 holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from keepwarm.engine.templates.local_words import LocalWords, parted

WORDS_OF_EASTERN_EUROPE: Mapping[str, LocalWords] = MappingProxyType(
    {
        # Polish
        "pl": LocalWords(
            months=parted(
                "stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|"
                "października|listopada|grudnia"
            ),
            short_months=parted("sty|lut|mar|kwi|maj|cze|lip|sie|wrz|paź|lis|gru"),
            weekdays=parted("poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela"),
            short_weekdays=parted("pon.|wt.|śr.|czw.|pt.|sob.|niedz."),
            long_date="%-d %B %Y",
            full_date="%A, %-d %B %Y",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Czech
        "cs": LocalWords(
            months=parted(
                "ledna|února|března|dubna|května|června|července|srpna|září|října|listopadu|"
                "prosince"
            ),
            short_months=parted("led|úno|bře|dub|kvě|čvn|čvc|srp|zář|říj|lis|pro"),
            weekdays=parted("pondělí|úterý|středa|čtvrtek|pátek|sobota|neděle"),
            short_weekdays=parted("po|út|st|čt|pá|so|ne"),
            long_date="%-d. %B %Y",
            full_date="%A %-d. %B %Y",
            short_date="%-d. %-m. %Y",
            clock="%-H:%M",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Slovak
        "sk": LocalWords(
            months=parted(
                "januára|februára|marca|apríla|mája|júna|júla|augusta|septembra|októbra|novembra|"
                "decembra"
            ),
            short_months=parted("jan|feb|mar|apr|máj|jún|júl|aug|sep|okt|nov|dec"),
            weekdays=parted("pondelok|utorok|streda|štvrtok|piatok|sobota|nedeľa"),
            short_weekdays=parted("po|ut|st|št|pi|so|ne"),
            long_date="%-d. %B %Y",
            full_date="%A %-d. %B %Y",
            short_date="%-d. %-m. %Y",
            clock="%-H:%M",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Hungarian
        "hu": LocalWords(
            months=parted(
                "január|február|március|április|május|június|július|augusztus|szeptember|október|"
                "november|december"
            ),
            short_months=parted("jan.|febr.|márc.|ápr.|máj.|jún.|júl.|aug.|szept.|okt.|nov.|dec."),
            weekdays=parted("hétfő|kedd|szerda|csütörtök|péntek|szombat|vasárnap"),
            short_weekdays=parted("H|K|Sze|Cs|P|Szo|V"),
            long_date="%Y. %B %-d.",
            full_date="%Y. %B %-d., %A",
            short_date="%Y. %b %-d.",
            clock="%-H:%M",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Slovenian
        "sl": LocalWords(
            months=parted(
                "januar|februar|marec|april|maj|junij|julij|avgust|september|oktober|november|"
                "december"
            ),
            short_months=parted("jan.|feb.|mar.|apr.|maj|jun.|jul.|avg.|sep.|okt.|nov.|dec."),
            weekdays=parted("ponedeljek|torek|sreda|četrtek|petek|sobota|nedelja"),
            short_weekdays=parted("pon.|tor.|sre.|čet.|pet.|sob.|ned."),
            long_date="%-d. %B %Y",
            full_date="%A, %-d. %B %Y",
            short_date="%-d. %b %Y",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Croatian
        "hr": LocalWords(
            months=parted(
                "siječnja|veljače|ožujka|travnja|svibnja|lipnja|srpnja|kolovoza|rujna|listopada|"
                "studenoga|prosinca"
            ),
            short_months=parted("sij|velj|ožu|tra|svi|lip|srp|kol|ruj|lis|stu|pro"),
            weekdays=parted("ponedjeljak|utorak|srijeda|četvrtak|petak|subota|nedjelja"),
            short_weekdays=parted("pon|uto|sri|čet|pet|sub|ned"),
            long_date="%-d. %B %Y.",
            full_date="%A, %-d. %B %Y.",
            short_date="%-d. %b %Y.",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Serbian
        "sr": LocalWords(
            months=parted(
                "јануар|фебруар|март|април|мај|јун|јул|август|септембар|октобар|новембар|децембар"
            ),
            short_months=parted("јан|феб|мар|апр|мај|јун|јул|авг|сеп|окт|нов|дец"),
            weekdays=parted("понедељак|уторак|среда|четвртак|петак|субота|недеља"),
            short_weekdays=parted("пон|уто|\u0441\u0440\u0435|чет|пет|\u0441\u0443\u0431|нед"),
            long_date="%-d. %B %Y.",
            full_date="%A, %-d. %B %Y.",
            short_date="%-d. %-m. %Y.",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Bulgarian
        "bg": LocalWords(
            months=parted(
                "януари|февруари|март|април|май|юни|юли|август|септември|октомври|ноември|декември"
            ),
            short_months=parted("яну|фев|март|апр|май|юни|юли|авг|сеп|окт|ное|дек"),
            weekdays=parted("понеделник|вторник|сряда|четвъртък|петък|събота|неделя"),
            short_weekdays=parted("пн|вт|\u0441\u0440|чт|пт|\u0441\u0431|нд"),
            long_date="%-d %B %Y\u202f\u0433.",
            full_date="%A, %-d %B %Y\u202f\u0433.",
            short_date="%-d.%m.%Y\u202f\u0433.",
            clock="%-H:%M",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Ukrainian
        "uk": LocalWords(
            months=parted(
                "січня|лютого|березня|квітня|травня|червня|липня|серпня|вересня|жовтня|листопада|"
                "грудня"
            ),
            short_months=parted(
                "січ.|лют.|\u0431\u0435\u0440.|квіт.|трав.|черв.|лип.|серп.|вер.|жовт.|лист.|груд."
            ),
            weekdays=parted("понеділок|вівторок|середа|четвер|пʼятниця|субота|неділя"),
            short_weekdays=parted("пн|вт|\u0441\u0440|чт|пт|\u0441\u0431|нд"),
            long_date="%-d %B %Y\u202f\u0440.",
            full_date="%A, %-d %B %Y\u202f\u0440.",
            short_date="%-d %b %Y\u202f\u0440.",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Russian
        "ru": LocalWords(
            months=parted(
                "января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря"
            ),
            short_months=parted("янв.|февр.|мар.|апр.|мая|июн.|июл.|авг.|сент.|окт.|нояб.|дек."),
            weekdays=parted("понедельник|вторник|среда|четверг|пятница|суббота|воскресенье"),
            short_weekdays=parted("пн|вт|\u0441\u0440|чт|пт|\u0441\u0431|вс"),
            long_date="%-d %B %Y\u202f\u0433.",
            full_date="%A, %-d %B %Y\u202f\u0433.",
            short_date="%-d %b %Y\u202f\u0433.",
            thousands="\u00a0",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
    }
)
