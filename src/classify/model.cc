#include "classify/model.h"

#include <cmath>

#include "classify/checksum.h"
#include "classify/file_layout.h"

namespace postern {
namespace {

constexpr FileKind model_kind{"PSTRNMDL", 2, 1024, "a personal model"};
// More slots than this are no table of ours; also keeps sizes from overflowing.
constexpr std::uint64_t most_slots = 1u << 28;

// One place that says which numbers stand in the header, and in which order.
template <class State, class Visit>
void visit_numbers(State& state, Visit visit) {
  for (auto& bias : state.bias) visit(bias);
  const auto visit_scale = [&](auto& scale) {
    visit(scale.scaling.a);
    visit(scale.scaling.b);
    visit(scale.scaling.ga);
    visit(scale.scaling.gb);
    visit(scale.square_sum);
    visit(scale.count);
  };
  for (auto& scale : state.grams) visit_scale(scale);
  for (auto& scale : state.tokens) visit_scale(scale);
  visit_scale(state.doubtful_tokens);
  visit(state.calibration.a);
  visit(state.calibration.b);
  visit(state.calibration.ga);
  visit(state.calibration.gb);
  visit(state.doubt);
}

template <class T>
std::string_view octets_of(std::span<const T> table) {
  return {reinterpret_cast<const char*>(table.data()), table.size_bytes()};
}

}  // namespace

std::string serialise_model(const LayerView& layer, std::span<const float> gradients,
                            const ModelBasis& basis, std::uint64_t base_id) {
  const LayerState& state = *layer.state;
  FieldWriter file;
  begin_header(file, model_kind);
  file.put(basis.last_number);
  file.put(basis.revocations);
  file.put(base_id);
  for (const std::uint64_t count : state.lessons) file.put(count);
  for (const std::uint64_t count : state.counted) file.put(count);
  visit_numbers(state, [&](double number) { file.put(number); });
  file.put(std::uint64_t{layer.weights.size()});
  file.put(std::uint64_t{layer.counts.size()});
  file.put(model_checksum(octets_of(layer.weights)));
  file.put(model_checksum(octets_of(gradients)));
  file.put(model_checksum(octets_of(layer.counts)));
  for (const auto& counts : state.scores.counts) {
    for (const std::uint32_t count : counts) file.put(count);
  }
  end_header(file, model_kind);
  file.table(layer.weights);
  file.table(gradients);
  file.table(layer.counts);
  return std::move(file.bytes());
}

Result<std::shared_ptr<const Model>> Model::open(const std::string& path, Verify verify) {
  auto file = Blob::open(path);
  if (!file) return file.error();
  return parse(std::move(*file), path, verify);
}

Result<std::shared_ptr<const Model>> Model::parse(Blob file, const std::string& name,
                                                  Verify verify) {
  const std::string_view bytes = file.view();
  auto checked = check_header(bytes, model_kind, name);
  if (!checked) return checked.error();

  const std::shared_ptr<Model> model(new Model);
  LayerState& state = model->state_;
  FieldReader in(bytes.substr(fields_offset));
  model->basis_.last_number = in.take<std::uint64_t>();
  model->basis_.revocations = in.take<std::uint64_t>();
  model->base_id_ = in.take<std::uint64_t>();
  for (std::uint64_t& count : state.lessons) count = in.take<std::uint64_t>();
  for (std::uint64_t& count : state.counted) count = in.take<std::uint64_t>();
  bool finite = true;
  visit_numbers(state, [&](double& number) {
    number = in.take<double>();
    finite = finite && std::isfinite(number);
  });
  const auto weights = in.take<std::uint64_t>();
  const auto counts = in.take<std::uint64_t>();
  for (std::uint64_t& sum : model->sums_) sum = in.take<std::uint64_t>();
  for (auto& scores : state.scores.counts) {
    for (std::uint32_t& count : scores) count = in.take<std::uint32_t>();
  }

  if (!finite || weights == 0 || counts == 0 || weights > most_slots || counts > most_slots) {
    return damaged(name, model_kind, "its numbers make no sense; fold the lessons anew");
  }
  const std::size_t weights_size = weights * sizeof(float);
  if (bytes.size() != model_kind.header_size + 2 * weights_size + counts * sizeof(TokenCount)) {
    return damaged(name, model_kind, "it is cut short or has a tail; fold the lessons anew");
  }
  model->weights_ = table_at<float>(bytes, model_kind.header_size, weights);
  model->gradients_ = table_at<float>(bytes, model_kind.header_size + weights_size, weights);
  model->counts_ = table_at<TokenCount>(bytes, model_kind.header_size + 2 * weights_size, counts);
  model->id_ = model_checksum(bytes.substr(0, model_kind.header_size));
  model->file_ = std::move(file);
  if (verify == Verify::everything) {
    auto sound = model->verify(name);
    if (!sound) return sound.error();
  }
  model->small_ = EvidenceTable(state);
  return std::shared_ptr<const Model>(model);
}

Result<void> Model::verify(const std::string& name) const {
  const std::string_view tables[] = {octets_of(weights_), octets_of(gradients_),
                                     octets_of(counts_)};
  for (std::size_t i = 0; i < std::size(tables); ++i) {
    if (model_checksum(tables[i]) != sums_[i]) {
      return damaged(name, model_kind, "its tables are damaged; fold the lessons anew");
    }
  }
  return {};
}

}  // namespace postern
