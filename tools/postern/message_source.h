// MessageSource: the messages behind the PATH arguments of a command.
//
// PATH is a message file, a folder of such files (sub-folders, too), a Maildir, an mbox file
// (it begins with "From "), or "-" for one message on standard input.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/blob.h"
#include "base/mail_class.h"
#include "base/result.h"

namespace postern {

struct NamedMessage {
  std::string name;  // the path; of an mbox "PATH#NUMBER"
  Blob message;
};

class MessageSource {
 public:
  // Finds the files; a path that does not exist is Errc::no_input.
  static Result<MessageSource> open(const std::vector<std::string>& paths);

  // Calls `visit` for each message in order, until it returns an error.
  using Visit = std::function<Result<void>(NamedMessage)>;
  Result<void> for_each(const Visit& visit) const;

  // Files to read; an mbox counts as one.
  std::size_t size() const { return files_.size(); }

 private:
  std::vector<std::string> files_;
};

// Reads one message file, or standard input for "-".
Result<Blob> read_message(const std::string& path);

}  // namespace postern
