"""Languages that XTTS speaks: what a sample may be in, and what it is tried with. Pure."""

from __future__ import annotations

from typing import Final

VOICE_LANGUAGES: Final = {
    "en": "Hello, this is how I sound. What can I do for you today?",
    "ar": "مرحبا، هذا هو صوتي. كيف يمكنني مساعدتك اليوم؟",
    "cs": "Dobrý den, takhle zním. Co pro vás dnes mohu udělat?",
    "de": "Guten Tag, so klinge ich. Was kann ich heute für Sie tun?",
    "es": "Hola, así es como sueno. ¿En qué puedo ayudarle hoy?",
    "fr": "Bonjour, voici ma voix. Que puis-je faire pour vous aujourd'hui ?",
    "hi": "नमस्ते, मेरी आवाज़ ऐसी है। आज आपकी क्या मदद की जाए?",
    "hu": "Jó napot, így szól a hangom. Miben segíthetek ma?",
    "it": "Buongiorno, questa è la mia voce. Cosa posso fare per lei oggi?",
    "ja": "こんにちは。これが私の声です。本日はどのようなご用件でしょうか。",
    "ko": "안녕하세요, 제 목소리입니다. 오늘 무엇을 도와드릴까요?",
    "nl": "Goedendag, zo klink ik. Wat kan ik vandaag voor u doen?",
    "pl": "Dzień dobry, tak brzmi mój głos. W czym mogę dziś pomóc?",
    "pt": "Olá, é assim que eu falo. Em que posso ajudar hoje?",
    "ru": "Здравствуйте, так звучит мой голос. Чем я могу вам помочь?",
    "tr": "Merhaba, sesim böyle. Bugün sizin için ne yapabilirim?",
    "zh": "您好，这就是我的声音。今天有什么可以帮您？",
}
"""By code: a sentence to hear a voice by."""
