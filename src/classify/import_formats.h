// Reading what other filters write of what they have learnt.
//
// A file that is not of the format is bad_data, with the line; a single word that we have no use
// for is left out. Linear time. Thread rule: free functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "classify/import_words.h"
#include "mail/content.h"

namespace postern {

// `bogoutil -d wordlist.db` (bogoutil(1)): TOKEN SPAM HAM DATE, with .MSG_COUNT for the messages.
// Tokens of header fields begin with "subj:", "from:", "to:", "rtrn:" or "rcvd:".
Result<ForeignWords> parse_bogofilter(std::string_view text, const std::string& name);

// `sb_dbexpimp.py -e -f FILE`: CSV; NHAM,NSPAM, then WORD,HAM,SPAM. Tokens of header fields begin
// with the field's name and a colon.
Result<ForeignWords> parse_spambayes(std::string_view text, const std::string& name);

// POPFile up to 0.19, corpus/BUCKET/table: "__CORPUS__ __VERSION__ 1", then WORD COUNT lines. The
// counts are of words, not of messages; `spam` says what the bucket holds. Adds to `words`.
Result<void> parse_popfile_table(std::string_view text, const std::string& name, bool spam,
                                 ForeignWords& words);
// One word of a POPFile database, the same way.
void add_popfile_word(std::string_view word, std::uint64_t times, bool spam, ForeignWords& words);
// POPFile keeps no number of messages; estimates it from the commonest words.
void estimate_messages(ForeignWords& words);

// `sa-learn --backup` names tokens by the last five octets of their SHA-1, so the words themselves
// must come from mail.
class SpamAssassinTokens {
 public:
  static Result<SpamAssassinTokens> parse(std::string_view text, const std::string& name);

  // Finds the words of this message among the tokens; each is taken once.
  void look_up(const Content& message);
  // The words found so far.
  const ForeignWords& found() const { return found_; }
  std::size_t size() const { return tokens_.size(); }

 private:
  struct Counts {
    std::uint64_t ham = 0, spam = 0;
    bool taken = false;
  };
  void look_up_text(std::string_view text, bool subject);
  void take(std::string_view word, std::string_view in_subject);

  std::unordered_map<std::string, Counts> tokens_;  // by ten hex digits
  ForeignWords found_;
};

}  // namespace postern
