// postern model import --from: what another filter had learnt becomes a site model.
#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "classify/corpus_index.h"
#include "classify/import_formats.h"
#include "commands.h"
#include "filter/labeler.h"
#include "message_source.h"
#include "progress.h"
#include "state/popfile_database.h"

namespace postern {
namespace {

bool is_spam_bucket(const ModelOptions& options, std::string_view bucket) {
  return std::find(options.spam_buckets.begin(), options.spam_buckets.end(), bucket) !=
         options.spam_buckets.end();
}

Result<ForeignWords> popfile_database(const ModelOptions& options) {
  ForeignWords words;
  const Result<void> read = read_popfile_database(
      options.file, [&](std::string_view bucket, std::string_view word, std::uint64_t times) {
        add_popfile_word(word, times, is_spam_bucket(options, bucket), words);
      });
  if (!read) return read.error();
  return words;
}

// A folder of the old kind: BUCKET/table.
Result<ForeignWords> popfile_corpus(const ModelOptions& options) {
  const auto buckets = list_directory(options.file);
  if (!buckets) return buckets.error();
  ForeignWords words;
  for (const std::string& bucket : *buckets) {
    const std::string path = options.file + "/" + bucket + "/table";
    if (!is_file(path)) continue;
    const auto text = read_file(path);
    if (!text) return text.error();
    const auto parsed = parse_popfile_table(*text, path, is_spam_bucket(options, bucket), words);
    if (!parsed) return parsed.error();
  }
  return words;
}

Result<ForeignWords> from_popfile(const ModelOptions& options) {
  auto words = is_directory(options.file) ? popfile_corpus(options) : popfile_database(options);
  if (!words) return words.error();
  estimate_messages(*words);
  if (words->spam == 0 || words->ham == 0) {
    return Error(Errc::usage,
                 "no bucket of spam, or none of ham, holds a word; say which hold "
                 "spam with --spam-bucket NAME");
  }
  return words;
}

Result<void> look_up_index(const std::string& path, SpamAssassinTokens& tokens) {
  const auto index = read_corpus_index(path);
  if (!index) return index.error();
  for (const IndexEntry& entry : *index) {
    const Result<Blob> message = Blob::open(entry.path);
    if (!message) return message.error();
    tokens.look_up(Content::decode(Labeler::strip(*message)));
  }
  return {};
}

// An index is a small file of lines `spam|ham PATH`; whatever else is mail.
bool is_index(const std::string& path) {
  if (!is_file(path)) return false;
  const auto text = read_file(path);
  return text && (text->starts_with("spam ") || text->starts_with("ham ")) &&
         parse_corpus_index(*text, path);
}

Result<ForeignWords> from_spamassassin(const ModelOptions& options, const std::string& text) {
  auto tokens = SpamAssassinTokens::parse(text, options.file);
  if (!tokens) return tokens.error();
  if (options.mail.empty()) {
    return Error(Errc::usage,
                 "SpamAssassin keeps no words, only their hashes; name mail of yours "
                 "with --mail, in which they can be looked up");
  }
  ProgressBar bar("looking up");
  std::size_t done = 0;
  for (const std::string& path : options.mail) {
    Result<void> read;
    if (is_index(path)) {
      read = look_up_index(path, *tokens);
    } else {
      const auto source = MessageSource::open({path});
      if (!source) return source.error();
      read = source->for_each([&](const NamedMessage& message) -> Result<void> {
        tokens->look_up(Content::decode(Labeler::strip(message.message)));
        bar.show(++done, source->size());
        return {};
      });
    }
    if (!read) return read.error();
  }
  return tokens->found();
}

Result<ForeignWords> read_foreign(const ModelOptions& options) {
  if (options.from == "popfile") return from_popfile(options);
  const auto text = read_file(options.file);
  if (!text) return text.error();
  if (options.from == "bogofilter") return parse_bogofilter(*text, options.file);
  if (options.from == "spambayes") return parse_spambayes(*text, options.file);
  if (options.from == "spamassassin") return from_spamassassin(options, *text);
  return Error(Errc::usage, "there is no import from '" + options.from +
                                "'; use bogofilter, spamassassin, spambayes or popfile");
}

}  // namespace

int run_model_import_foreign(const ModelOptions& options) {
  if (options.output.empty()) {
    return fail({Errc::usage, "--from needs --output FILE: what is imported becomes a site model"});
  }
  const Result<ForeignWords> words = read_foreign(options);
  if (!words) return fail(words.error());
  const Result<void> saved = write_file_atomically(options.output, model_of_words(*words));
  if (!saved) return fail(saved.error());
  fmt::print("{} words of {} spam and {} ham messages imported into {}\n", words->words.size(),
             words->spam, words->ham, options.output);
  return 0;
}

}  // namespace postern
