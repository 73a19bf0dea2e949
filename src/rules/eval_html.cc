// Eval functions that look at HTML parts: each asks whether any of them is so.
#include <algorithm>
#include <limits>
#include <optional>

#include "base/ascii.h"
#include "mail/url.h"
#include "rules/eval_functions.h"

namespace postern {

namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

template <class Test>
bool any_part(MessageFacts& facts, Test&& test) {
  return std::any_of(facts.html().begin(), facts.html().end(), test);
}

// A number that is known by name.
std::optional<double> measure(const RenderedHtml& html, std::string_view name) {
  if (name == "length") return static_cast<double>(html.source_characters);
  if (name == "image_area") return static_cast<double>(html.image_area);
  if (name == "max_size") return html.largest_font;
  if (name == "min_size") return html.smallest_font;
  if (!html.has_tags) return std::nullopt;
  if (name == "closed_extra_ratio") return html.closed_extra_ratio;
  if (name == "bad_tag_ratio") return html.bad_tag_ratio;
  if (name == "non_element_ratio") return html.non_element_ratio;
  if (name == "obfuscation_ratio" && html.obfuscation_ratio > 0) return html.obfuscation_ratio;
  return std::nullopt;
}

bool has_property(const RenderedHtml& html, std::string_view name) {
  if (name == "html") return true;
  if (name == "embeds") return html.embeds;
  if (name == "font_low_contrast") return html.low_contrast;
  if (name == "font_invalid_color") return html.invalid_color;
  if (name == "font_face_bad") return html.bad_font_face;
  if (name == "form_action_mailto") return html.mail_form;
  return false;
}

// "< 512", "!= 0" and their like.
bool satisfies(double value, std::string_view condition) {
  condition = trimmed(condition);
  const std::size_t digits = condition.find_first_of("-+0123456789");
  if (digits == std::string_view::npos) return false;
  const std::string_view op = trimmed(condition.substr(0, digits));
  const double bound = number_argument({{std::string(condition.substr(digits))}, nullptr}, 0, 0);
  if (op == "<") return value < bound;
  if (op == "<=") return value <= bound;
  if (op == ">") return value > bound;
  if (op == ">=") return value >= bound;
  if (op == "==") return value == bound;
  return op == "!=" && value != bound;
}

double html_test(MessageFacts& facts, const EvalArguments& arguments) {
  const std::string_view name = text_argument(arguments, 0);
  return any_part(facts, [&](const RenderedHtml& html) { return has_property(html, name); });
}

double html_range(MessageFacts& facts, const EvalArguments& arguments) {
  const double least = number_argument(arguments, 1, 0);
  const double most = number_argument(arguments, 2, endless);
  return any_part(facts, [&](const RenderedHtml& html) {
    const auto value = measure(html, text_argument(arguments, 0));
    return value && *value > least && *value <= most;
  });
}

double html_eval(MessageFacts& facts, const EvalArguments& arguments) {
  return any_part(facts, [&](const RenderedHtml& html) {
    const auto value = measure(html, text_argument(arguments, 0));
    return value && satisfies(*value, text_argument(arguments, 1));
  });
}

double html_tag_exists(MessageFacts& facts, const EvalArguments& arguments) {
  const std::string_view tag = text_argument(arguments, 0);
  return any_part(facts, [tag](const RenderedHtml& html) { return html.inside.count(tag) != 0; });
}

double html_tag_balance(MessageFacts& facts, const EvalArguments& arguments) {
  return any_part(facts, [&](const RenderedHtml& html) {
    const auto tag = html.inside.find(text_argument(arguments, 0));
    return tag != html.inside.end() && satisfies(tag->second, text_argument(arguments, 1));
  });
}

double html_image_only(MessageFacts& facts, const EvalArguments& arguments) {
  const double least = number_argument(arguments, 0, 0);
  const double most = number_argument(arguments, 1, endless);
  return any_part(facts, [&](const RenderedHtml& html) {
    if (html.inside.count("img") == 0) return false;
    const auto length = static_cast<double>(html.source_characters);
    return length > least && length <= most;
  });
}

double html_image_ratio(MessageFacts& facts, const EvalArguments& arguments) {
  const double least = number_argument(arguments, 0, 0);
  const double most = number_argument(arguments, 1, endless);
  return any_part(facts, [&](const RenderedHtml& html) {
    if (html.image_area == 0) return false;
    const double ratio = static_cast<double>(html.non_space) / static_cast<double>(html.image_area);
    return ratio > least && ratio <= most;
  });
}

double html_text_match(MessageFacts& facts, const EvalArguments& arguments) {
  const std::string_view kind = text_argument(arguments, 0);
  const auto any = [&](const auto& texts) {
    return std::any_of(texts.begin(), texts.end(),
                       [&](std::string_view text) { return arguments.matches(text, facts); });
  };
  return any_part(facts, [&](const RenderedHtml& html) {
    if (kind == "comment") return any(html.comments);
    if (kind == "title") return any(html.titles);
    return kind == "anchor" && any(html.anchors);
  });
}

double html_title_subject_ratio(MessageFacts& facts, const EvalArguments& arguments) {
  const std::string subject = facts.headers().get("Subject");
  if (subject.empty()) return 0;
  const auto characters = [](std::string_view text) {
    return static_cast<double>(std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
  };
  const double ratio = number_argument(arguments, 0, 0);
  return any_part(facts, [&](const RenderedHtml& html) {
    return std::any_of(html.titles.begin(), html.titles.end(), [&](const std::string& title) {
      return characters(title) / static_cast<double>(subject.size()) > ratio;
    });
  });
}

double check_iframe_src(MessageFacts& facts, const EvalArguments&) {
  return any_part(facts, [](const RenderedHtml& html) {
    return std::any_of(html.links.begin(), html.links.end(), [](const HtmlLink& link) {
      return std::find(link.tags.begin(), link.tags.end(), "iframe") != link.tags.end();
    });
  });
}

// The domain that a text shows as "https://...", or empty.
std::string shown_domain(const TopDomains& domains, std::string_view text) {
  const std::size_t at = find_ignoring_case(text, "https://");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + 8);
  const std::string_view host = rest.substr(0, rest.find_first_of(" \t\r\n/:?#"));
  if (is_ipv4_address(host)) return std::string(host);
  return domains.is_valid(host) ? ascii_lowered(domains.registered(host)) : std::string();
}

double check_https_http_mismatch(MessageFacts& facts, const EvalArguments& arguments) {
  const double least = number_argument(arguments, 0, 1);
  const double most = number_argument(arguments, 1, endless);
  const TopDomains& domains = facts.settings().domains;
  return any_part(facts, [&](const RenderedHtml& html) {
    int anchors = 0;
    bool hit = false;
    for (const HtmlLink& link : html.links) {
      if (link.texts.empty()) continue;
      if (!starts_with_ignoring_case(link.url, "http://") &&
          !starts_with_ignoring_case(link.url, "https://")) {
        continue;
      }
      const std::string host = url_host(link.url);
      if (is_ipv4_address(host) || !domains.is_valid(host)) continue;
      ++anchors;
      for (const std::string& text : link.texts) {
        const std::string shown = shown_domain(domains, text);
        hit |= !shown.empty() && shown != ascii_lowered(domains.registered(host));
      }
    }
    return hit && anchors >= least && anchors < most;
  });
}

// A link to an address of digits, shown as https with a name.
double check_https_ip_mismatch(MessageFacts& facts, const EvalArguments&) {
  return any_part(facts, [](const RenderedHtml& html) {
    return std::any_of(html.links.begin(), html.links.end(), [](const HtmlLink& link) {
      if (!starts_with_ignoring_case(link.url, "http") || !ipv4_host(url_host(link.url)))
        return false;
      return std::any_of(link.texts.begin(), link.texts.end(), [](std::string_view text) {
        const std::size_t at = find_ignoring_case(text, "https:");
        if (at == std::string_view::npos) return false;
        std::string_view shown = text.substr(at + 6);
        while (!shown.empty() && shown[0] == '/') shown.remove_prefix(1);
        return !shown.empty() && !is_ascii_digit(shown[0]) && !is_ascii_space(shown[0]);
      });
    });
  });
}

}  // namespace

void append_html_functions(EvalTable& table) {
  table.insert(table.end(), {{"html_test", html_test},
                             {"html_range", html_range},
                             {"html_eval", html_eval},
                             {"html_tag_exists", html_tag_exists},
                             {"html_tag_balance", html_tag_balance},
                             {"html_image_only", html_image_only},
                             {"html_image_ratio", html_image_ratio},
                             {"html_text_match", html_text_match, nullptr, 1},
                             {"html_title_subject_ratio", html_title_subject_ratio},
                             {"check_iframe_src", check_iframe_src},
                             {"check_https_http_mismatch", check_https_http_mismatch},
                             {"check_https_ip_mismatch", check_https_ip_mismatch}});
}

}  // namespace postern
