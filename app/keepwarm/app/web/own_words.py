"""The words of the customers' own pages, in the languages that messages have words for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from keepwarm.schema.words import Channel, Frequency


@dataclass(frozen=True, slots=True)
class OwnWords:
    """All that the pages say in one language."""

    language: str
    not_whole: str
    # Unsubscribing
    unsubscribe: str
    unsubscribed: str
    #: With `{topic}`.
    no_more_about: str
    no_more_marketing: str
    no_more_by: Mapping[Channel, str]
    # Preferences
    preferences: str
    about: str
    news_and_offers: str
    by: Mapping[Channel, str]
    how_often: str
    all_together: str
    each_way: str
    often: Mapping[Frequency, str]
    save: str
    saved: str
    # Confirming a consent
    please_confirm: str
    confirm_title: str
    confirm: str
    not_you: str
    confirmed: str
    link_expired: str
    sign_up_again: str
    # Surveys
    your_answer: str
    why: str
    send: str
    choose: str
    thank_you: str
    kept: str
    kept_the_first: str
    survey_over: str
    thank_you_anyway: str


def _by(email: str, sms: str, push: str) -> Mapping[Channel, str]:
    return MappingProxyType({Channel.EMAIL: email, Channel.SMS: sms, Channel.PUSH: push})


def _often(every: str, day: str, week: str, month: str) -> Mapping[Frequency, str]:
    return MappingProxyType(dict(zip(Frequency, (every, day, week, month), strict=True)))


_ENGLISH: Final = OwnWords(
    language="en",
    not_whole="This link is not whole. Please use the one in the message.",
    unsubscribe="Unsubscribe",
    unsubscribed="You are unsubscribed",
    no_more_about="You will no longer get messages about {topic}.",
    no_more_marketing="You will no longer get marketing messages.",
    no_more_by=_by(
        "You will no longer get marketing by e-mail.",
        "You will no longer get marketing by text message.",
        "You will no longer get marketing by push message.",
    ),
    preferences="What would you like to get?",
    about="About",
    news_and_offers="News and offers",
    by=_by("by e-mail", "by text message", "by push message"),
    how_often="How often at most?",
    all_together="All together",
    each_way="For each way by itself",
    often=_often(
        "Whenever there is something",
        "One a day",
        "One a week",
        "One a month",
    ),
    save="Save",
    saved="Saved.",
    please_confirm="Please confirm with the link that we have just sent you.",
    confirm_title="Please confirm",
    confirm="Yes, I want to get this",
    not_you="If you did not ask for it, close this page, and nothing will be sent.",
    confirmed="You have confirmed it",
    link_expired="This link has expired",
    sign_up_again="Please sign up again, and we will send you another.",
    your_answer="Your answer",
    why="Would you like to say why?",
    send="Send",
    choose="Please choose a number.",
    thank_you="Thank you",
    kept="We have your answer.",
    kept_the_first="We had your answer already, and kept the first.",
    survey_over="This survey is over",
    thank_you_anyway="Thank you for wanting to answer.",
)
_DUTCH: Final = OwnWords(
    language="nl",
    not_whole="Deze link is niet volledig. Gebruik de link uit het bericht.",
    unsubscribe="Afmelden",
    unsubscribed="Je bent afgemeld",
    no_more_about="Je krijgt geen berichten meer over {topic}.",
    no_more_marketing="Je krijgt geen reclame meer.",
    no_more_by=_by(
        "Je krijgt geen reclame meer per e-mail.",
        "Je krijgt geen reclame meer per sms.",
        "Je krijgt geen reclame meer per pushbericht.",
    ),
    preferences="Wat wil je ontvangen?",
    about="Onderwerpen",
    news_and_offers="Nieuws en aanbiedingen",
    by=_by("per e-mail", "per sms", "per pushbericht"),
    how_often="Hoe vaak hooguit?",
    all_together="Alles samen",
    each_way="Per kanaal apart",
    often=_often(
        "Zodra er iets is",
        "Eén per dag",
        "Eén per week",
        "Eén per maand",
    ),
    save="Opslaan",
    saved="Opgeslagen.",
    please_confirm="Bevestig het met de link die we je net hebben gestuurd.",
    confirm_title="Bevestig je aanmelding",
    confirm="Ja, dit wil ik ontvangen",
    not_you="Heb je hier niet om gevraagd? Sluit dan deze pagina, en we sturen niets.",
    confirmed="Je hebt het bevestigd",
    link_expired="Deze link is verlopen",
    sign_up_again="Meld je opnieuw aan, dan sturen we je een andere.",
    your_answer="Jouw antwoord",
    why="Wil je vertellen waarom?",
    send="Versturen",
    choose="Kies een getal.",
    thank_you="Dank je wel",
    kept="We hebben je antwoord ontvangen.",
    kept_the_first="We hadden je antwoord al en houden het eerste aan.",
    survey_over="Deze vraag is gesloten",
    thank_you_anyway="Bedankt dat je wilde antwoorden.",
)
_GERMAN: Final = OwnWords(
    language="de",
    not_whole="Dieser Link ist nicht vollständig. Bitte nutzen Sie den aus der Nachricht.",
    unsubscribe="Abmelden",
    unsubscribed="Sie sind abgemeldet",
    no_more_about="Sie erhalten keine Nachrichten mehr zum Thema {topic}.",
    no_more_marketing="Sie erhalten keine Werbung mehr.",
    no_more_by=_by(
        "Sie erhalten keine Werbung mehr per E-Mail.",
        "Sie erhalten keine Werbung mehr per SMS.",
        "Sie erhalten keine Werbung mehr per Push-Nachricht.",
    ),
    preferences="Was möchten Sie erhalten?",
    about="Themen",
    news_and_offers="Neuigkeiten und Angebote",
    by=_by("per E-Mail", "per SMS", "per Push-Nachricht"),
    how_often="Wie oft höchstens?",
    all_together="Alles zusammen",
    each_way="Für jeden Weg einzeln",
    often=_often(
        "Wann immer es etwas gibt",
        "Eine Nachricht am Tag",
        "Eine Nachricht pro Woche",
        "Eine Nachricht pro Monat",
    ),
    save="Speichern",
    saved="Gespeichert.",
    please_confirm="Bitte bestätigen Sie es mit dem Link, den wir Ihnen soeben geschickt haben.",
    confirm_title="Bitte bestätigen Sie",
    confirm="Ja, das möchte ich erhalten",
    not_you="Das waren nicht Sie? Dann schließen Sie diese Seite, und wir senden nichts.",
    confirmed="Sie haben es bestätigt",
    link_expired="Dieser Link ist abgelaufen",
    sign_up_again="Bitte melden Sie sich noch einmal an, dann senden wir Ihnen einen neuen.",
    your_answer="Ihre Antwort",
    why="Möchten Sie sagen, warum?",
    send="Senden",
    choose="Bitte wählen Sie eine Zahl.",
    thank_you="Vielen Dank",
    kept="Wir haben Ihre Antwort erhalten.",
    kept_the_first="Ihre Antwort lag uns schon vor; es gilt die erste.",
    survey_over="Diese Umfrage ist beendet",
    thank_you_anyway="Danke, dass Sie antworten wollten.",
)
_FRENCH: Final = OwnWords(
    language="fr",
    not_whole="Ce lien est incomplet. Utilisez celui du message.",
    unsubscribe="Se désabonner",
    unsubscribed="Vous êtes désabonné",
    no_more_about="Vous ne recevrez plus de messages sur : {topic}.",
    no_more_marketing="Vous ne recevrez plus de messages publicitaires.",
    no_more_by=_by(
        "Vous ne recevrez plus de publicité par e-mail.",
        "Vous ne recevrez plus de publicité par SMS.",
        "Vous ne recevrez plus de publicité par notification.",
    ),
    preferences="Que souhaitez-vous recevoir ?",
    about="Sujets",
    news_and_offers="Actualités et offres",
    by=_by("par e-mail", "par SMS", "par notification"),
    how_often="À quelle fréquence au plus ?",
    all_together="Au total",
    each_way="Pour chaque moyen séparément",
    often=_often(
        "Dès qu'il y a du nouveau",
        "Un message par jour",
        "Un message par semaine",
        "Un message par mois",
    ),
    save="Enregistrer",
    saved="Enregistré.",
    please_confirm="Confirmez avec le lien que nous venons de vous envoyer.",
    confirm_title="Confirmez votre inscription",
    confirm="Oui, je souhaite les recevoir",
    not_you="Si vous n'avez rien demandé, fermez cette page : rien ne sera envoyé.",
    confirmed="Vous avez confirmé",
    link_expired="Ce lien a expiré",
    sign_up_again="Inscrivez-vous de nouveau et nous vous en enverrons un autre.",
    your_answer="Votre réponse",
    why="Souhaitez-vous dire pourquoi ?",
    send="Envoyer",
    choose="Choisissez un nombre.",
    thank_you="Merci",
    kept="Nous avons bien reçu votre réponse.",
    kept_the_first="Nous avions déjà votre réponse et gardons la première.",
    survey_over="Cette enquête est terminée",
    thank_you_anyway="Merci d'avoir voulu répondre.",
)
_SPANISH: Final = OwnWords(
    language="es",
    not_whole="Este enlace está incompleto. Utilice el del mensaje.",
    unsubscribe="Darse de baja",
    unsubscribed="Se ha dado de baja",
    no_more_about="Ya no recibirá mensajes sobre {topic}.",
    no_more_marketing="Ya no recibirá publicidad.",
    no_more_by=_by(
        "Ya no recibirá publicidad por correo electrónico.",
        "Ya no recibirá publicidad por SMS.",
        "Ya no recibirá publicidad por notificación.",
    ),
    preferences="¿Qué le gustaría recibir?",
    about="Temas",
    news_and_offers="Novedades y ofertas",
    by=_by("por correo electrónico", "por SMS", "por notificación"),
    how_often="¿Con qué frecuencia como máximo?",
    all_together="En total",
    each_way="Por cada vía",
    often=_often(
        "Siempre que haya novedades",
        "Uno al día",
        "Uno a la semana",
        "Uno al mes",
    ),
    save="Guardar",
    saved="Guardado.",
    please_confirm="Confírmelo con el enlace que acabamos de enviarle.",
    confirm_title="Confirme su suscripción",
    confirm="Sí, quiero recibirlo",
    not_you="Si no lo ha pedido, cierre esta página y no se enviará nada.",
    confirmed="Lo ha confirmado",
    link_expired="Este enlace ha caducado",
    sign_up_again="Vuelva a suscribirse y le enviaremos otro.",
    your_answer="Su respuesta",
    why="¿Quiere decirnos por qué?",
    send="Enviar",
    choose="Elija un número.",
    thank_you="Gracias",
    kept="Hemos recibido su respuesta.",
    kept_the_first="Ya teníamos su respuesta y conservamos la primera.",
    survey_over="Esta encuesta ha terminado",
    thank_you_anyway="Gracias por querer responder.",
)
_PORTUGUESE: Final = OwnWords(
    language="pt",
    not_whole="Este link está incompleto. Use o da mensagem.",
    unsubscribe="Cancelar subscrição",
    unsubscribed="Subscrição cancelada",
    no_more_about="Não receberá mais mensagens sobre {topic}.",
    no_more_marketing="Não receberá mais publicidade.",
    no_more_by=_by(
        "Não receberá mais publicidade por e-mail.",
        "Não receberá mais publicidade por SMS.",
        "Não receberá mais publicidade por notificação.",
    ),
    preferences="O que gostaria de receber?",
    about="Temas",
    news_and_offers="Novidades e ofertas",
    by=_by("por e-mail", "por SMS", "por notificação"),
    how_often="Com que frequência, no máximo?",
    all_together="No total",
    each_way="Para cada via em separado",
    often=_often(
        "Sempre que houver novidades",
        "Uma por dia",
        "Uma por semana",
        "Uma por mês",
    ),
    save="Guardar",
    saved="Guardado.",
    please_confirm="Confirme com o link que acabámos de lhe enviar.",
    confirm_title="Confirme a subscrição",
    confirm="Sim, quero receber",
    not_you="Se não fez este pedido, feche esta página e nada será enviado.",
    confirmed="Está confirmado",
    link_expired="Este link expirou",
    sign_up_again="Volte a subscrever e enviaremos outro.",
    your_answer="A sua resposta",
    why="Quer dizer-nos porquê?",
    send="Enviar",
    choose="Escolha um número.",
    thank_you="Obrigado",
    kept="Recebemos a sua resposta.",
    kept_the_first="Já tínhamos a sua resposta e guardámos a primeira.",
    survey_over="Este inquérito terminou",
    thank_you_anyway="Obrigado por querer responder.",
)

LANGUAGES: Final[Mapping[str, OwnWords]] = MappingProxyType(
    {each.language: each for each in (_ENGLISH, _DUTCH, _GERMAN, _FRENCH, _SPANISH, _PORTUGUESE)}
)


def words_in(languages: Iterable[str | None]) -> OwnWords:
    """Give the words in the first of the languages that there are words for, or in English.

    A language is a tag such as `pt-BR`, of which the first part counts.
    """
    for language in languages:
        base = (language or "").strip().replace("_", "-").partition("-")[0].lower()
        if base in LANGUAGES:
            return LANGUAGES[base]
    return _ENGLISH


def accepted(header: str | None) -> list[str]:
    """Give the languages of a browser's Accept-Language, the most wanted first (RFC 9110)."""
    wanted: list[tuple[float, str]] = []
    for part in (header or "").split(","):
        language, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if language.strip() and quality > 0:
            wanted.append((quality, language.strip()))
    return [language for _, language in sorted(wanted, key=lambda each: -each[0])]
