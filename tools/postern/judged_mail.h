// JudgedMail: the messages of a --mail MAILDIR|INDEX argument, and what they are where an index
// says so.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/mail_class.h"
#include "classify/corpus_index.h"
#include "message_source.h"

namespace postern {

class JudgedMail {
 public:
  // A folder, Maildir, mbox or message, or an index of lines `spam|ham PATH`.
  static Result<JudgedMail> open(const std::string& mail);

  using Visit = std::function<void(const NamedMessage&, std::optional<MailClass> truth)>;
  // Labels of ours are taken off first: a labelled copy counts as its original.
  Result<void> for_each(const Visit& visit) const;

  std::size_t size() const { return index_.empty() ? source_.size() : index_.size(); }

 private:
  std::vector<IndexEntry> index_;  // empty: source_
  MessageSource source_;
};

}  // namespace postern
