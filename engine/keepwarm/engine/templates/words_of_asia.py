"""How dates and money are written in Asia and the Arab world.

Source: Unicode's CLDR, as Babel 2.18 holds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from keepwarm.engine.templates.local_words import LocalWords, parted

WORDS_OF_ASIA: Mapping[str, LocalWords] = MappingProxyType(
    {
        # Hebrew
        "he": LocalWords(
            months=parted(
                "ינואר|פברואר|מרץ|אפריל|מאי|יוני|יולי|אוגוסט|ספטמבר|אוקטובר|נובמבר|דצמבר"
            ),
            short_months=parted(
                "ינ\u05d5\u05f3|פבר\u05f3|מרץ|אפר\u05f3|מאי|יוני|יולי|אוג\u05f3|ספט\u05f3|אוק\u05f3|נוב\u05f3|דצמ\u05f3"
            ),
            weekdays=parted("יום שני|יום שלישי|יום רביעי|יום חמישי|יום שישי|יום שבת|יום ראשון"),
            short_weekdays=parted(
                "יום ב\u05f3|יום ג\u05f3|יום ד\u05f3|יום ה\u05f3|יום \u05d5\u05f3|שבת|יום א\u05f3"
            ),
            long_date="%-d ב%B %Y",
            full_date="%A, %-d ב%B %Y",
            short_date="%-d ב%b %Y",
            clock="%-H:%M",
            thousands=",",
            decimal=".",
            money="\u200f{amount}\u00a0\u200f{sign}",
        ),
        # Arabic
        "ar": LocalWords(
            months=parted(
                "يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر"
            ),
            short_months=parted(
                "يناير|فبراير|مارس|أبريل|مايو|يونيو|يوليو|أغسطس|سبتمبر|أكتوبر|نوفمبر|ديسمبر"
            ),
            weekdays=parted("الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد"),
            short_weekdays=parted("الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد"),
            long_date="%-d %B %Y",
            full_date="%A، %-d %B %Y",
            short_date="%d\u200f/%m\u200f/%Y",
            thousands=",",
            decimal=".",
            money="\u200f{amount}\u00a0{sign}",
        ),
        # Hindi
        "hi": LocalWords(
            months=parted("जनवरी|फ़रवरी|मार्च|अप्रैल|मई|जून|जुलाई|अगस्त|सितंबर|अक्टूबर|नवंबर|दिसंबर"),
            short_months=parted("जन॰|फ़र॰|मार्च|अप्रैल|मई|जून|जुल॰|अग॰|सित॰|अक्टू॰|नव॰|दिस॰"),
            weekdays=parted("सोमवार|मंगलवार|बुधवार|गुरुवार|शुक्रवार|शनिवार|रविवार"),
            short_weekdays=parted("सोम|मंगल|बुध|गुरु|शुक्र|शनि|रवि"),
            long_date="%-d %B %Y",
            full_date="%A, %-d %B %Y",
            thousands=",",
            decimal=".",
            money="{sign}{amount}",
        ),
        # Indonesian
        "id": LocalWords(
            months=parted(
                "Januari|Februari|Maret|April|Mei|Juni|Juli|Agustus|September|Oktober|November|"
                "Desember"
            ),
            short_months=parted("Jan|Feb|Mar|Apr|Mei|Jun|Jul|Agu|Sep|Okt|Nov|Des"),
            weekdays=parted("Senin|Selasa|Rabu|Kamis|Jumat|Sabtu|Minggu"),
            short_weekdays=parted("Sen|Sel|Rab|Kam|Jum|Sab|Min"),
            long_date="%-d %B %Y",
            full_date="%A, %d %B %Y",
            clock="%H.%M",
            thousands=".",
            decimal=",",
            money="{sign}{amount}",
        ),
        # Malay
        "ms": LocalWords(
            months=parted(
                "Januari|Februari|Mac|April|Mei|Jun|Julai|Ogos|September|Oktober|November|Disember"
            ),
            short_months=parted("Jan|Feb|Mac|Apr|Mei|Jun|Jul|Ogo|Sep|Okt|Nov|Dis"),
            weekdays=parted("Isnin|Selasa|Rabu|Khamis|Jumaat|Sabtu|Ahad"),
            short_weekdays=parted("Isn|Sel|Rab|Kha|Jum|Sab|Ahd"),
            long_date="%-d %B %Y",
            full_date="%A, %-d %B %Y",
            thousands=",",
            decimal=".",
            money="{sign}{amount}",
        ),
        # Vietnamese
        "vi": LocalWords(
            months=parted(
                "tháng 1|tháng 2|tháng 3|tháng 4|tháng 5|tháng 6|tháng 7|tháng 8|tháng 9|"
                "tháng 10|tháng 11|tháng 12"
            ),
            short_months=parted(
                "thg 1|thg 2|thg 3|thg 4|thg 5|thg 6|thg 7|thg 8|thg 9|thg 10|thg 11|thg 12"
            ),
            weekdays=parted("Thứ Hai|Thứ Ba|Thứ Tư|Thứ Năm|Thứ Sáu|Thứ Bảy|Chủ Nhật"),
            short_weekdays=parted("Th 2|Th 3|Th 4|Th 5|Th 6|Th 7|CN"),
            long_date="%-d %B, %Y",
            full_date="%A, %-d %B, %Y",
            short_date="%-d %b, %Y",
            thousands=".",
            decimal=",",
            money="{amount}\u00a0{sign}",
        ),
        # Japanese
        "ja": LocalWords(
            months=parted("1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月"),
            short_months=parted("1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月"),
            weekdays=parted("月曜日|火曜日|水曜日|木曜日|金曜日|土曜日|日曜日"),
            short_weekdays=parted("月|火|水|木|金|土|日"),
            long_date="%Y年%-m月%-d日",
            full_date="%Y年%-m月%-d日%A",
            short_date="%Y/%m/%d",
            clock="%-H:%M",
            thousands=",",
            decimal=".",
            money="{sign}{amount}",
        ),
        # Korean
        "ko": LocalWords(
            months=parted("1월|2월|3월|4월|5월|6월|7월|8월|9월|10월|11월|12월"),
            short_months=parted("1월|2월|3월|4월|5월|6월|7월|8월|9월|10월|11월|12월"),
            weekdays=parted("월요일|화요일|수요일|목요일|금요일|토요일|일요일"),
            short_weekdays=parted("월|화|수|목|금|토|일"),
            long_date="%Y년 %B %-d일",
            full_date="%Y년 %B %-d일 %A",
            short_date="%Y. %-m. %-d.",
            thousands=",",
            decimal=".",
            money="{sign}{amount}",
        ),
        # Chinese
        "zh": LocalWords(
            months=parted("一月|二月|三月|四月|五月|六月|七月|八月|九月|十月|十一月|十二月"),
            short_months=parted("1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月"),
            weekdays=parted("星期一|星期二|星期三|星期四|星期五|星期六|星期日"),
            short_weekdays=parted("周一|周二|周三|周四|周五|周六|周日"),
            long_date="%Y年%-m月%-d日",
            full_date="%Y年%-m月%-d日%A",
            short_date="%Y年%-m月%-d日",
            thousands=",",
            decimal=".",
            money="{sign}{amount}",
        ),
        # Chinese, traditional signs
        "zh-hant": LocalWords(
            months=parted("1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月"),
            short_months=parted("1月|2月|3月|4月|5月|6月|7月|8月|9月|10月|11月|12月"),
            weekdays=parted("星期一|星期二|星期三|星期四|星期五|星期六|星期日"),
            short_weekdays=parted("週一|週二|週三|週四|週五|週六|週日"),
            long_date="%Y年%-m月%-d日",
            full_date="%Y年%-m月%-d日 %A",
            short_date="%Y年%-m月%-d日",
            thousands=",",
            decimal=".",
            money="{sign}{amount}",
        ),
    }
)
