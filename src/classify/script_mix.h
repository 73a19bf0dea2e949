// Which scripts a text is written in, as far as the shipped base model must know.
//
// The collections that the base model is made of have much spam, but nearly no ham, in scripts
// other than Latin. Words in those scripts would teach it that the script is a sign of spam; so it
// reads none of them, and says nothing of mail that is mostly written in them. The user's own
// lessons read everything.
//
// Thread rule: free functions.
#pragma once

#include <string>

#include "mail/content.h"

namespace postern {

// True when subject and text (as far as the base model reads them) are for the most part letters
// of other scripts than Latin.
bool mostly_beyond_latin(const Content& content);

// Puts a space in the place of each letter of another script than Latin. Punctuation and symbols
// stay.
void blank_beyond_latin(std::string& text);

}  // namespace postern
