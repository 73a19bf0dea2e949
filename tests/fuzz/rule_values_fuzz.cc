// Any text as what stands in rules beside expressions: calls, tags, selectors, links, globs.
#include <cstdint>
#include <string>
#include <vector>

#include "rules/eval_call.h"
#include "rules/header_text.h"
#include "rules/rendered_html.h"
#include "rules/replace_tags.h"
#include "rules/rule_settings.h"
#include "rules/uri_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string first = text.substr(0, text.find('\n'));
  parse_eval_call(first);
  std::string unknown;
  parse_selector(first, unknown);
  ReplaceTags tags;
  tags.read("replace_tag", first);
  tags.read("replace_inter", "W " + first);
  if (tags.replaced(text).size() > (1u << 18) + text.size()) __builtin_trap();
  matches_glob(first, text);
  TopDomains domains;
  domains.add("example", 1);
  std::vector<std::string> uris, forms;
  find_text_uris(text, domains, uris);
  for (const std::string& uri : uris) append_canonical_uris(uri, domains, forms);
  append_canonical_uris(first, domains, forms);
  resolved_uri("http://a.example/b/", first);
  Arena arena;
  render_html(text, arena);
  return 0;
}
