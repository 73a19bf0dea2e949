// stages STAGE MAIL_FOLDER BASE_MODEL RULES: sends every message under the folder through one stage
// of judging, inside measured_stage(), and prints how many there were.
//
// Made for callgrind (instructions.py), which counts the instructions inside measured_stage()
// alone. They hardly depend on the machine or on what else it does, so a slow-down shows where time
// would not tell.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "classify/classifier.h"
#include "classify/tokenizer.h"
#include "classify/trainer.h"
#include "filter/labeler.h"
#include "filter/scanner.h"

using namespace postern;

namespace {

template <class T>
T require(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "stages: %s\n", result.error().detail.c_str());
  std::exit(1);
}

struct Mail {
  Blob message;
  Content content;
  MailClass truth = MailClass::ham;
};

std::vector<Mail> read_mail(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.path().extension() == ".eml") paths.push_back(file.path().string());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Mail> mail;
  for (const std::string& path : paths) {
    Blob message = require(Blob::open(path));
    const bool spam = path.find("/spam/") != std::string::npos;
    mail.push_back({message, Content::decode(message), spam ? MailClass::spam : MailClass::ham});
  }
  return mail;
}

// What all stages may need; the work to make it is not measured.
struct Bench {
  std::vector<Mail> mail;
  std::shared_ptr<const BaseModel> base;
  std::shared_ptr<const RuleSet> rules;
  FeatureSet features;
  std::vector<std::uint32_t> hits;
  double sum = 0;  // of what the stages say, so that nothing is optimised away
};

std::shared_ptr<const Model> learn_all(Bench& bench) {
  Trainer trainer(bench.mail.size(), bench.base);
  const std::size_t half = bench.mail.size() / 2;
  for (std::size_t i = 0; i < 2 * half; ++i) {
    // The classes take turns, as the order of the files does not.
    const Mail& lesson = bench.mail[i % 2 * half + i / 2];
    tokenize(lesson.content, bench.features);
    trainer.learn(bench.features.view(), lesson.truth);
  }
  return require(Model::parse(Blob::own(trainer.serialise({})), "lessons", Verify::everything));
}

using Stage = std::function<void(const Mail&)>;

Stage judging(Bench& bench, std::shared_ptr<const Model> personal) {
  const auto classifier = std::make_shared<Classifier>(bench.base, std::move(personal));
  return [&bench, classifier](const Mail& mail) {
    tokenize(mail.content, bench.features, classifier->needs());
    bench.sum += classifier->assess(bench.features.view()).log_odds;
  };
}

Stage decoding(Bench& bench) {
  return [&bench](const Mail& mail) {
    bench.sum += static_cast<double>(Content::decode(mail.message).subject.size());
  };
}

Stage tokenizing(Bench& bench) {
  return [&bench](const Mail& mail) { tokenize(mail.content, bench.features); };
}

Stage learning(Bench& bench) {
  const auto trainer = std::make_shared<Trainer>(bench.mail.size(), bench.base);
  return [&bench, trainer](const Mail& mail) {
    tokenize(mail.content, bench.features);
    trainer->learn(bench.features.view(), mail.truth);
  };
}

Stage matching(Bench& bench) {
  return [&bench](const Mail& mail) { bench.rules->evaluate(mail.content, bench.hits); };
}

Stage scanning(Bench& bench) {
  const auto classifier = std::make_shared<Classifier>(bench.base, learn_all(bench));
  const auto scanner = std::make_shared<Scanner>(bench.rules, classifier, Policy());
  return [&bench, scanner](const Mail& mail) { bench.sum += scanner->scan(mail.message).score; };
}

Stage labelling(Bench& bench) {
  return [&bench](const Mail& mail) {
    const Octets labelled = Labeler::apply(mail.message, Verdict{}, "0123456789abcdef");
    bench.sum += static_cast<double>(wire_size(labelled));
  };
}

const std::map<std::string, std::function<Stage(Bench&)>> stages{
    {"decode", decoding},
    {"tokenize", tokenizing},
    {"judge-by-base", [](Bench& bench) { return judging(bench, nullptr); }},
    {"judge-by-lessons", [](Bench& bench) { return judging(bench, learn_all(bench)); }},
    {"learn", learning},
    {"rules", matching},
    {"scan", scanning},
    {"label", labelling},
};

}  // namespace

// By this name callgrind knows where to count.
__attribute__((noinline)) void measured_stage(const Stage& stage, const std::vector<Mail>& mail) {
  for (const Mail& one : mail) stage(one);
}

int main(int argc, char** argv) {
  if (argc != 5 || !stages.contains(argv[1])) {
    std::fprintf(stderr, "usage: stages STAGE MAIL_FOLDER BASE_MODEL RULES\nstages:");
    for (const auto& [name, make] : stages) std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
    return 64;
  }
  Bench bench;
  bench.mail = read_mail(argv[2]);
  bench.base = require(BaseModel::open(argv[3]));
  std::vector<Diagnostic> diagnostics;
  bench.rules = require(RuleSet::load({argv[4]}, diagnostics));
  const Stage stage = stages.at(argv[1])(bench);
  for (const Mail& one : bench.mail) stage(one);  // fills caches and automata
  measured_stage(stage, bench.mail);
  std::printf("%zu messages (%g)\n", bench.mail.size(), bench.sum);
  return 0;
}
