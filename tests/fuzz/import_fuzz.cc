// Dumps of other filters, of any octets, parse or fail; what parses becomes a model that opens.
#include <cstdint>
#include <cstdlib>

#include "classify/import_formats.h"
#include "classify/model.h"

namespace {

using namespace postern;

void use(const ForeignWords& words) {
  if (!Model::parse(Blob::own(model_of_words(words)), "fuzz")) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto words = parse_bogofilter(text, "fuzz")) use(*words);
  if (const auto words = parse_spambayes(text, "fuzz")) use(*words);
  ForeignWords table;
  if (parse_popfile_table(text, "fuzz", true, table)) use(table);
  if (auto tokens = SpamAssassinTokens::parse(text, "fuzz")) {
    tokens->look_up(Content::decode(Blob::copy(text)));
    use(tokens->found());
  }
  return 0;
}
