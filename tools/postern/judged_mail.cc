#include "judged_mail.h"

#include "base/file.h"
#include "filter/labeler.h"

namespace postern {
namespace {

// Its first line that says anything says "spam PATH" or "ham PATH"; no message begins so.
bool is_index(const std::string& path) {
  if (!is_file(path)) return false;
  const auto text = read_file(path);
  return text && (text->starts_with("spam ") || text->starts_with("ham ") ||
                  text->starts_with("spam\t") || text->starts_with("ham\t"));
}

}  // namespace

Result<JudgedMail> JudgedMail::open(const std::string& mail) {
  JudgedMail opened;
  if (is_index(mail)) {
    auto index = read_corpus_index(mail);
    if (!index) return index.error();
    opened.index_ = std::move(*index);
    return opened;
  }
  auto source = MessageSource::open({mail});
  if (!source) return source.error();
  opened.source_ = std::move(*source);
  if (opened.source_.size() == 0)
    return Error(Errc::no_input, "there is no mail in '" + mail + "'");
  return opened;
}

Result<void> JudgedMail::for_each(const Visit& visit) const {
  for (const IndexEntry& entry : index_) {
    const auto message = Blob::open(entry.path);
    if (!message) return message.error();
    visit({entry.path, Labeler::strip(*message)}, entry.truth);
  }
  return source_.for_each([&](NamedMessage message) -> Result<void> {
    message.message = Labeler::strip(message.message);
    visit(message, std::nullopt);
    return {};
  });
}

}  // namespace postern
