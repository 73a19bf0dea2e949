#include "proto/pop3_language.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace postern {
namespace {

constexpr std::array german{
    Pop3Phrase{"APOP is not available here, use AUTH, or USER",
               "APOP gibt es hier nicht, bitte AUTH oder USER"},
    Pop3Phrase{"APOP needs a name and a digest", "zu APOP fehlt ein Name oder die Quersumme"},
    Pop3Phrase{"a NUL is not allowed", "ein NUL ist nicht erlaubt"},
    Pop3Phrase{"a password is not allowed on a connection in the clear, use TLS",
               "ohne TLS ist hier kein Passwort erlaubt"},
    Pop3Phrase{"an argument is missing", "ein Argument fehlt"},
    Pop3Phrase{"begin TLS now", "jetzt mit TLS beginnen"},
    Pop3Phrase{"bye", "bis bald"},
    Pop3Phrase{"cancelled, as you wish", "abgebrochen, wie gewollt"},
    Pop3Phrase{"capabilities follow", "es folgen die Erweiterungen"},
    Pop3Phrase{"commands behind STLS must wait until TLS is on",
               "Befehle hinter STLS sind erst unter TLS erlaubt"},
    Pop3Phrase{"control characters are not allowed here", "Steuerzeichen sind nicht erlaubt"},
    Pop3Phrase{"STLS must come before UTF8", "STLS muss vor UTF8 kommen"},
    Pop3Phrase{"TLS is not available here", "TLS gibt es hier nicht"},
    Pop3Phrase{"TLS is on already", "TLS ist schon an"},
    Pop3Phrase{"TOP needs a message number and a line count",
               "zu TOP fehlt eine Nummer oder eine Anzahl"},
    Pop3Phrase{"USER first", "erst USER"},
    Pop3Phrase{"UTF-8 it is", "von nun an UTF-8"},
    Pop3Phrase{"languages follow", "es folgen die Sprachen"},
    Pop3Phrase{"line too long", "die Zeile ist zu lang"},
    Pop3Phrase{"malformed message", "unverstaendliche Nachricht"},
    Pop3Phrase{"mechanisms follow", "es folgen die Verfahren"},
    Pop3Phrase{"message will be deleted at QUIT", "die Nachricht geht mit QUIT verloren"},
    Pop3Phrase{"no argument is allowed", "hier ist kein Argument erlaubt"},
    Pop3Phrase{"no such message", "diese Nachricht gibt es nicht"},
    Pop3Phrase{"not now", "nicht jetzt"},
    Pop3Phrase{"only ASCII is allowed here, and UTF-8 in names",
               "hier ist nur ASCII erlaubt, und UTF-8 in Namen"},
    Pop3Phrase{"send PASS", "bitte PASS"},
    Pop3Phrase{"some deleted messages could not be removed",
               "nicht alle Nachrichten konnten entfernt werden"},
    Pop3Phrase{"that is no count of lines", "das ist keine Anzahl von Zeilen"},
    Pop3Phrase{"that is no digest of 32 hexadecimal digits",
               "das sind nicht 32 Ziffern einer Quersumme"},
    Pop3Phrase{"that is no message number", "das ist keine Nummer einer Nachricht"},
    Pop3Phrase{"that is not base64", "das ist kein Base64"},
    Pop3Phrase{"that language is not available; LANG alone lists those that are",
               "diese Sprache gibt es nicht; LANG allein nennt alle"},
    Pop3Phrase{"that mechanism is not available; AUTH alone lists those that are",
               "dieses Verfahren gibt es nicht; AUTH allein nennt alle"},
    Pop3Phrase{"that message is deleted", "diese Nachricht ist schon weg"},
    Pop3Phrase{"the header holds UTF-8, say UTF8 before you log in",
               "der Kopf ist in UTF-8; vor der Anmeldung ist UTF8 zu sagen"},
    Pop3Phrase{"the maildrop cannot be opened", "das Postfach ist nicht zu erreichen"},
    Pop3Phrase{"the maildrop cannot be opened now", "das Postfach ist gerade nicht zu erreichen"},
    Pop3Phrase{"the maildrop is open in another session",
               "eine andere Sitzung hat das Postfach offen"},
    Pop3Phrase{"the message cannot be read", "die Nachricht ist nicht zu lesen"},
    Pop3Phrase{"the message cannot be read now", "die Nachricht ist gerade nicht zu lesen"},
    Pop3Phrase{"too many bad commands", "zu viele falsche Befehle"},
    Pop3Phrase{"top of message follows", "es folgt der Anfang der Nachricht"},
    Pop3Phrase{"unknown command", "diesen Befehl gibt es nicht"},
    Pop3Phrase{"wrong user name or password", "Name oder Passwort ist falsch"},
    Pop3Phrase{"you cannot be logged in now", "die Anmeldung geht gerade nicht"},
    Pop3Phrase{"you logged in a moment ago, wait a little",
               "die letzte Anmeldung ist zu kurz her, bitte warten"},
};

constexpr std::array languages{
    Pop3Language{"i-default", "English (default)", "these are the words", {}},
    Pop3Language{"en", "English", "English it is", {}},
    Pop3Language{"de", "Deutsch", "jetzt auf Deutsch", german},
};

}  // namespace

std::string_view Pop3Language::phrase(std::string_view english) const {
  const auto found = std::find_if(phrases.begin(), phrases.end(),
                                  [&](const Pop3Phrase& one) { return one.english == english; });
  return found == phrases.end() ? english : found->translated;
}

std::span<const Pop3Language> pop3_languages() { return languages; }

const Pop3Language& default_pop3_language() { return languages.front(); }

const Pop3Language* find_pop3_language(std::string_view range) {
  if (range == "*") return &languages.front();
  while (!range.empty()) {
    for (const Pop3Language& one : languages) {
      if (equals_ignoring_case(one.tag, range)) return &one;
    }
    const std::size_t hyphen = range.rfind('-');
    range = hyphen == std::string_view::npos ? std::string_view() : range.substr(0, hyphen);
  }
  return nullptr;
}

}  // namespace postern
