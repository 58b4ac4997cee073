"""What people might say in films, in many languages, to be written in old encodings."""

SPOKEN = {
    "ru": "Привет, как дела? Я думал, что ты уже уехал. Собака бежит по пляжу к морю. "
    "Закрой дверь, пожалуйста, здесь холодно. Завтра мы поедем к бабушке на день рождения. "
    "Никто не знает, где ключи от машины.",
    "uk": "Привіт, як справи? Я думав, що ти вже поїхав. Собака біжить пляжем до моря. "
    "Зачини двері, будь ласка, тут холодно. Завтра ми поїдемо до бабусі на день народження. "
    "Ніхто не знає, де ключі від машини.",
    "bg": "Здравей, как си? Мислех, че вече си тръгнал. Кучето тича по плажа към морето. "
    "Затвори вратата, моля те, тук е студено. Утре ще отидем при баба за рождения ден. "
    "Никой не знае къде са ключовете от колата.",
    "mk": "Здраво, како си? Мислев дека веќе си заминал. Кучето трча по плажата кон морето. "
    "Затвори ја вратата, те молам, тука е ладно. Утре ќе одиме кај баба на роденден. "
    "Никој не знае каде се клучевите од колата.",
    "cs": "Ahoj, jak se máš? Myslel jsem, že už jsi odjel. Pes běží po pláži k moři. "
    "Zavři dveře, prosím, je tady zima. Zítra pojedeme k babičce na narozeniny. "
    "Nikdo neví, kde jsou klíče od auta, ani můj otec. Že prý šel večer domů.",
    "sk": "Ahoj, ako sa máš? Myslel som, že si už odišiel. Pes beží po pláži k moru. "
    "Zavri dvere, prosím ťa, je tu zima. Zajtra pôjdeme k babke na narodeniny. "
    "Nikto nevie, kde sú kľúče od auta. Šťastnú cestu, priateľu.",
    "pl": "Cześć, jak się masz? Myślałem, że już wyjechałeś. Pies biegnie po plaży w stronę "
    "morza. Zamknij drzwi, proszę, tu jest zimno. Jutro pojedziemy do babci na urodziny. "
    "Nikt nie wie, gdzie są klucze od samochodu. Śpij dobrze, żono.",
    "hu": "Szia, hogy vagy? Azt hittem, már elmentél. A kutya a tengerparton fut. "
    "Csukd be az ajtót, légy szíves, hideg van itt. Holnap elmegyünk a nagymamához a "
    "születésnapjára. Senki sem tudja, hol van az autó kulcsa. Ő mindig későn jön, idő kell.",
    "ro": "Bună, ce mai faci? Credeam că ai plecat deja. Câinele aleargă pe plajă spre mare. "
    "Închide uşa, te rog, e frig aici. Mâine mergem la bunica de ziua ei. "
    "Nimeni nu ştie unde sunt cheile maşinii. Mulţumesc pentru cină.",
    "hr": "Bok, kako si? Mislio sam da si već otišao. Pas trči po plaži prema moru. "
    "Zatvori vrata, molim te, ovdje je hladno. Sutra idemo baki na rođendan. "
    "Nitko ne zna gdje su ključevi od auta. Što želiš večerati?",
    "sl": "Živijo, kako si? Mislil sem, da si že odšel. Pes teče po plaži proti morju. "
    "Zapri vrata, prosim, tukaj je mrzlo. Jutri gremo k babici na rojstni dan. "
    "Nihče ne ve, kje so ključi od avta. Še enkrat ti povem, človek.",
    "tr": "Merhaba, nasılsın? Çoktan gittiğini sanıyordum. Köpek kumsalda denize doğru koşuyor. "
    "Kapıyı kapat lütfen, burası soğuk. Yarın doğum günü için anneanneme gideceğiz. "
    "Arabanın anahtarlarının nerede olduğunu kimse bilmiyor. İyi geceler, ağabey.",
    "el": "Γεια σου, τι κάνεις; Νόμιζα ότι είχες ήδη φύγει. Ο σκύλος τρέχει στην παραλία. "
    "Κλείσε την πόρτα, σε παρακαλώ, κάνει κρύο εδώ. Αύριο θα πάμε στη γιαγιά για τα γενέθλια. "
    "Κανείς δεν ξέρει πού είναι τα κλειδιά του αυτοκινήτου.",
    "he": "שלום, מה שלומך? חשבתי שכבר נסעת. הכלב רץ על החוף אל הים. סגור את הדלת בבקשה, קר כאן. "
    "מחר ניסע לסבתא ליום ההולדת. אף אחד לא יודע איפה המפתחות של המכונית.",
    "ar": "مرحبا، كيف حالك؟ ظننت أنك قد رحلت. الكلب يجري على الشاطئ نحو البحر. "
    "أغلق الباب من فضلك، الجو بارد هنا. غدا سنذهب إلى بيت جدتي في عيد ميلادها. "
    "لا أحد يعرف أين مفاتيح السيارة.",
    "fr": "Salut, ça va ? Je croyais que tu étais déjà parti. Le chien court sur la plage. "
    "Ferme la fenêtre, s'il te plaît, il fait froid à côté. Demain nous irons fêter "
    "l'anniversaire de ma grand-mère. Personne ne sait où sont les clés de la voiture.",
    "de": "Hallo, wie geht's? Ich dachte, du wärst schon weg. Der Hund läuft über den Strand. "
    "Mach bitte die Tür zu, hier ist es kühl. Morgen fahren wir zur Großmutter und hören Musik. "
    "Niemand weiß, wo die Schlüssel vom Auto sind. Schöne Grüße!",
    "es": "Hola, ¿qué tal estás? Creía que ya te habías ido. El perro corre por la playa. "
    "Cierra la puerta, por favor, aquí hace frío. Mañana iremos a casa de la abuela. "
    "Nadie sabe dónde están las llaves del coche. ¡Qué niño más pequeño!",
    "it": "Ciao, come stai? Credevo che fossi già partito. Il cane corre sulla spiaggia. "
    "Chiudi la porta, per favore, qui fa freddo. Perché non andiamo dalla nonna, è il suo giorno. "
    "Nessuno sa più dove sono le chiavi. Non c'è libertà nella città.",
    "pt": "Olá, como estás? Pensei que já tinhas ido embora. O cão corre na praia até ao mar. "
    "Fecha a porta, não está calor aqui. Amanhã vamos à casa da avó, é o aniversário dela. "
    "Ninguém sabe onde estão as chaves. As crianças não têm coração.",
    "sv": "Hej, hur mår du? Jag trodde att du redan hade åkt. Hunden springer på stranden. "
    "Stäng dörren, är du snäll, det är kallt här. I morgon åker vi till mormor på födelsedag. "
    "Ingen vet var nycklarna är någonstans. Älskling, kör försiktigt.",
    "da": "Hej, hvordan går det? Jeg troede, du allerede var rejst. Hunden løber på stranden. "
    "Luk døren, det er køligt her. I morgen tager vi på besøg hos mormor til fødselsdag. "
    "Ingen ved, hvor nøglerne er. Må jeg få æbler og brød?",
    "fi": "Hei, mitä kuuluu? Luulin, että olit jo lähtenyt. Koira juoksee rannalla merta päin. "
    "Sulje ovi, täällä on kylmä. Huomenna menemme isoäidin syntymäpäiville. "
    "Kukaan ei tiedä, missä auton avaimet ovat. Hyvää yötä, ystäväni.",
    "et": "Tere, kuidas läheb? Arvasin, et sa oled juba läinud. Koer jookseb mööda randa. "
    "Pane uks kinni, palun, siin on külm. Homme sõidame vanaema juurde sünnipäevale. "
    "Keegi ei tea, kus on auto võtmed. Head ööd, sõber.",
    "lv": "Sveiki, kā tev iet? Es domāju, ka tu jau esi aizbraucis. Suns skrien pa pludmali. "
    "Aizver durvis, lūdzu, šeit ir auksti. Rīt mēs brauksim pie vecmāmiņas uz dzimšanas dienu. "
    "Neviens nezina, kur ir mašīnas atslēgas. Paldies, mīļā.",
    "lt": "Labas, kaip sekasi? Maniau, kad tu jau išvažiavai. Šuo bėga paplūdimiu prie jūros. "
    "Uždaryk duris, prašau, čia šalta. Rytoj važiuosime pas močiutę į gimtadienį. "
    "Niekas nežino, kur yra automobilio raktai. Ačiū už vakarienę.",
    "zh-Hans": "你好，你怎么样？我以为你已经走了。狗在沙滩上向大海跑去。请把门关上，这里很冷。"
    "明天我们去奶奶家过生日。没有人知道车钥匙在哪里。谢谢你的晚饭，真好吃。",
    "zh-Hant": "你好，你怎麼樣？我以為你已經走了。狗在沙灘上向大海跑去。請把門關上，這裡很冷。"
    "明天我們去奶奶家過生日。沒有人知道車鑰匙在哪裡。謝謝你的晚飯，真好吃。",
    "ja": "こんにちは、元気ですか。もう出かけ"
    "たと思っていました。犬が海に向かって浜辺を走っています。"
    "ドアを閉めてください、ここは寒いです。明日はおばあさんの誕生日に行きます。"
    "車の鍵がどこにあるか誰も知りません。",
    "ko": "안녕, 어떻게 지내? 나는 네가 벌써 떠난 줄 알았어. 개가 바다를 향해 해변을 달리고 있다. "
    "문을 닫아 주세요, 여기는 추워요. 내일 우리는 할머니 생신에 갈 거예요. "
    "자동차 열쇠가 어디에 있는지 아무도 몰라.",
}

ENCODINGS = {
    **dict.fromkeys(("ru", "bg", "mk"), ("cp1251", "iso8859_5")),
    "uk": ("cp1251", "koi8_u", "iso8859_5"),
    **dict.fromkeys(["cs", "sk", "pl", "hu", "ro", "hr", "sl"], ("cp1250", "iso8859_2")),
    "tr": ("cp1254", "iso8859_9"),
    "el": ("cp1253", "iso8859_7"),
    "he": ("cp1255", "iso8859_8"),
    "ar": ("cp1256", "iso8859_6"),
    **dict.fromkeys(["fr", "de", "es", "it", "pt", "sv", "da", "fi"], ("cp1252", "iso8859_15")),
    "et": ("cp1257", "iso8859_15"),
    **dict.fromkeys(("lv", "lt"), ("cp1257", "iso8859_13")),
    "zh-Hans": ("gb2312", "gb18030"),
    "zh-Hant": ("big5",),
    "ja": ("cp932", "euc_jp"),
    "ko": ("euc_kr",),
}
ENCODINGS["ru"] = ("cp1251", "koi8_r", "iso8859_5", "cp866")


def spoken_bytes(language: str, encoding: str, size: int, start: int = 0) -> bytes:
    """Return subtitles of about `size` bytes, from the sentence at `start` on."""
    text = SPOKEN[language]
    words = text.split() if " " in text else list(text)
    space = " " if " " in text else ""
    first = start % len(words)
    words = (words[first:] + words) * (size // len(text) + 2)
    lines: list[str] = []
    place = 0
    while len("\n".join(lines).encode(encoding)) < size:
        step = 6 if space else 12
        number = len(lines) + 1
        times = f"00:00:{number % 60:02d},000 --> 00:00:{number % 60:02d},900"
        lines.append(f"{number}\n{times}\n{space.join(words[place : place + step])}\n")
        place += step
    return "\n".join(lines).encode(encoding)
