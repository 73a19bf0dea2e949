// build_base_model OUT INDEX... [--measure INDEX...]
// Trains the shipped base model from judged collections and writes it to OUT; the same files in
// the same order give the same octets. A collection named more than once counts more.
//
// Then, unless nothing is to be measured, how it judges mail that it was not trained on: each
// collection is left out in turn (small ones, of fewer than 500 messages, by halves) and judged by
// the rest; the --measure collections are never trained on. What goes into models/CARD.md.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "classify/base_trainer.h"
#include "classify/corpus_index.h"
#include "classify/evaluation.h"
#include "classify/tokenizer.h"
#include "mail/content.h"

namespace {

using namespace postern;

constexpr double spam_from = 3, ham_to = -1;
constexpr std::size_t small_collection = 500;

struct Collection {
  std::string name;
  std::vector<BaseExample> examples;
  std::vector<std::string> kinds;  // of each example, or empty
  std::size_t times = 1;
  bool trained = true;
};

[[noreturn]] void fail(const Error& error) {
  std::fprintf(stderr, "build_base_model: %s\n", error.detail.c_str());
  std::exit(error.exit_status());
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

// Undoes what the archivists did to messages, lest the model learn that.
Blob restored(const Blob& message) {
  std::string text(message.view());
  replace_all(text, "hxxp", "http");
  replace_all(text, "[.]", ".");
  replace_all(text, "[removed]", "");
  replace_all(text, "phishing@pot", "someone@example.com");
  return Blob::own(std::move(text));
}

Collection load(const std::string& path, bool trained) {
  Collection collection;
  collection.trained = trained;
  const std::string folder = path.substr(0, path.rfind('/'));
  collection.name = folder.substr(folder.rfind('/') + 1);
  const auto index = read_corpus_index(path);
  if (!index) fail(index.error());
  FeatureSet features;
  for (const IndexEntry& entry : *index) {
    const auto message = Blob::open(entry.path);
    if (!message) fail(message.error());
    tokenize(Content::decode(restored(*message)), features);
    FeatureView view;
    view.base = features.base.values();
    view.base_wide = features.base_wide.values();
    collection.examples.push_back({StoredFeatures(view), entry.truth});
    collection.kinds.push_back(entry.kind);
  }
  return collection;
}

// Half of a collection, by position: 0 or 1; 2 is all of it.
bool in_part(std::size_t i, std::size_t part) { return part == 2 || i % 2 == part; }

std::string train_without(const std::vector<Collection>& collections, const Collection* left_out,
                          std::size_t part) {
  std::vector<const BaseExample*> examples;
  for (const Collection& collection : collections) {
    if (!collection.trained) continue;
    for (std::size_t i = 0; i < collection.examples.size(); ++i) {
      if (&collection == left_out && in_part(i, part)) continue;
      // Mail in other scripts than Latin: nothing to learn from, but the balance of classes.
      if (collection.examples[i].features.view().base.empty()) continue;
      examples.insert(examples.end(), collection.times, &collection.examples[i]);
    }
  }
  return train_base_model(examples);
}

// Scores by kind of message.
using Results = std::map<std::string, std::vector<Scored>>;

std::vector<Scored> together(const Results& results) {
  std::vector<Scored> all;
  for (const auto& [kind, some] : results) all.insert(all.end(), some.begin(), some.end());
  return all;
}

void judge(const std::string& file, const Collection& collection, std::size_t part,
           Results& results) {
  const auto model = BaseModel::parse(Blob::copy(file), "the model just trained");
  if (!model) fail(model.error());
  for (std::size_t i = 0; i < collection.examples.size(); ++i) {
    if (!in_part(i, part)) continue;
    const BaseExample& example = collection.examples[i];
    results[collection.kinds[i]].push_back(
        {(*model)->log_odds(example.features.view()), example.truth});
  }
}

void print_row(const std::string& name, const std::vector<Scored>& results, MailClass truth) {
  std::vector<Scored> own;
  std::copy_if(results.begin(), results.end(), std::back_inserter(own),
               [&](const Scored& one) { return one.truth == truth; });
  if (own.empty()) return;
  const auto percent = [&](double from, double to) {
    return 100.0 *
           static_cast<double>(std::count_if(
               own.begin(), own.end(),
               [&](const Scored& one) { return one.score >= from && one.score < to; })) /
           static_cast<double>(own.size());
  };
  std::printf("| %s | %s | %zu | %.2f | %.2f | %.2f |\n", name.c_str(),
              std::string(to_string(truth)).c_str(), own.size(), percent(spam_from, 99),
              percent(ham_to, spam_from), percent(-99, ham_to));
}

double against(const std::vector<Scored>& spam, const std::vector<Scored>& ham) {
  std::vector<Scored> both;
  for (const Scored& one : spam) {
    if (one.truth == MailClass::spam) both.push_back(one);
  }
  for (const Scored& one : ham) {
    if (one.truth == MailClass::ham) both.push_back(one);
  }
  return roca_loss_percent(both);
}

void measure(const std::vector<Collection>& collections, const std::string& whole) {
  std::printf("| judged, not trained on | class | messages | spam %% | unsure %% | ham %% |\n");
  std::printf("|---|---|---|---|---|---|\n");
  std::map<std::string, double> roca;
  for (const Collection& collection : collections) {
    Results results;
    Results others;  // the --measure collections, judged by the same models
    const bool halves = collection.examples.size() < small_collection;
    for (std::size_t part = halves ? 0 : 2; part < (halves ? 2 : 3); ++part) {
      const std::string file =
          collection.trained ? train_without(collections, &collection, part) : whole;
      judge(file, collection, part, results);
      for (const Collection& other : collections) {
        if (!other.trained) judge(file, other, 2, others);
      }
    }
    const std::vector<Scored> all = together(results);
    print_row(collection.name, all, MailClass::ham);
    print_row(collection.name, all, MailClass::spam);
    if (results.size() > 1) {
      for (const auto& [kind, some] : results)
        print_row(collection.name + ": " + kind, some, MailClass::ham);
    }
    if (collection.trained) roca[collection.name] = against(together(others), all);
  }
  std::printf("\n(1-ROCA)%% of the measured spam against each ham left out:\n");
  for (const auto& [name, value] : roca) {
    if (value == value) std::printf("  %s %.2f\n", name.c_str(), value);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: build_base_model OUT INDEX... [--measure INDEX...]\n");
    return 64;
  }
  std::vector<Collection> collections;
  std::vector<std::string> seen;
  bool trained = true;
  for (int i = 2; i < argc; ++i) {
    const std::string path = argv[i];
    if (path == "--measure") {
      trained = false;
      continue;
    }
    const auto known = std::find(seen.begin(), seen.end(), path);
    if (known != seen.end()) {
      ++collections[static_cast<std::size_t>(known - seen.begin())].times;
      continue;
    }
    seen.push_back(path);
    collections.push_back(load(path, trained));
  }
  const std::string file = train_without(collections, nullptr, 2);
  const auto written = write_file_atomically(argv[1], file, 0644);
  if (!written) fail(written.error());
  const auto model = BaseModel::parse(Blob::copy(file), argv[1]);
  if (!model) fail(model.error());
  std::printf("%s: %zu octets, %zu features, identity %016llx\n\n", argv[1], file.size(),
              (*model)->features(), static_cast<unsigned long long>((*model)->id()));
  if (!trained) measure(collections, file);
  return 0;
}
