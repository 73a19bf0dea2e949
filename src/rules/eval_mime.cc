// Eval functions that look at how parts are written, at the body as a whole, and at images.
#include <algorithm>
#include <limits>
#include <set>

#include "base/ascii.h"
#include "rules/eval_functions.h"

namespace postern {

namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

double check_for_mime(MessageFacts& facts, const EvalArguments& arguments) {
  const std::string_view name = text_argument(arguments, 0);
  const MimeFacts& mime = facts.mime();
  if (name == "mime_base64_count") return mime.base64_parts > 0;
  if (name == "mime_base64_encoded_text") return mime.base64_text;
  if (name == "mime_body_html_count") return mime.html_parts > 0;
  if (name == "mime_body_text_count") return mime.text_parts > 0;
  if (name == "mime_multipart_alternative") return mime.alternative;
  if (name == "mime_qp_count") return mime.quoted_parts > 0;
  if (name == "mime_qp_long_line") return mime.long_quoted_line;
  if (name == "mime_qp_ratio") return mime.quoted_ratio > 0;
  if (name == "mime_attachment") return mime.attachments > 0;
  if (name == "mime_bad_iso_charset") return mime.bad_iso_charset;
  if (name == "mime_ascii_text_illegal") return mime.illegal_ascii_lines > 0;
  if (name == "mime_missing_boundary") {
    return facts.content().defects.has(Defect::unclosed_multipart);
  }
  return 0;
}

bool says_html(MessageFacts& facts) {
  return starts_with_ignoring_case(facts.headers().get("Content-Type"), "text/html");
}

double check_for_mime_html(MessageFacts& facts, const EvalArguments&) {
  return says_html(facts) || facts.mime().html_parts > 0;
}

double check_for_mime_html_only(MessageFacts& facts, const EvalArguments&) {
  return says_html(facts) || (facts.mime().html_parts > 0 && facts.mime().text_parts == 0);
}

double check_mime_multipart_ratio(MessageFacts& facts, const EvalArguments& arguments) {
  const double ratio = facts.mime().text_to_html;
  return ratio >= number_argument(arguments, 0, 0) &&
         ratio < number_argument(arguments, 1, endless);
}

double check_for_ascii_text_illegal(MessageFacts& facts, const EvalArguments&) {
  return facts.mime().illegal_ascii_lines > 0;
}

double check_abundant_unicode_ratio(MessageFacts& facts, const EvalArguments& arguments) {
  return facts.mime().unicode_ratio >= number_argument(arguments, 0, endless);
}

double check_base64_length(MessageFacts& facts, const EvalArguments& arguments) {
  const auto length = static_cast<double>(facts.mime().longest_base64_line);
  return length >= number_argument(arguments, 0, 0) &&
         length <= number_argument(arguments, 1, endless);
}

double check_qp_ratio(MessageFacts& facts, const EvalArguments& arguments) {
  return facts.mime().quoted_ratio >= number_argument(arguments, 0, 0);
}

// What stands behind the last delimiter of a multipart; one "." on a line is nothing.
bool has_epilogue(const Part& multipart, const Part& last_child) {
  if (last_child.body.empty() || multipart.body.empty()) return false;
  const char* const end = multipart.body.data() + multipart.body.size();
  const char* const from = last_child.body.data() + last_child.body.size();
  if (from < multipart.body.data() || from >= end) return false;
  std::string_view rest(from, static_cast<std::size_t>(end - from));
  if (rest[0] == '\n') rest.remove_prefix(1);
  const std::size_t line_end = rest.find('\n');
  if (line_end == std::string_view::npos) return false;
  const std::string_view delimiter = trimmed(rest.substr(0, line_end));
  if (delimiter.size() < 4 || delimiter.substr(delimiter.size() - 2) != "--") return false;
  rest.remove_prefix(line_end);
  return std::any_of(rest.begin(), rest.end(),
                     [](char c) { return !is_ascii_space(c) && c != '.'; });
}

bool any_epilogue(const std::vector<Part>& parts) {
  std::vector<std::size_t> last_child(parts.size(), 0);
  for (std::size_t i = 1; i < parts.size(); ++i) last_child[parts[i].parent] = i;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (last_child[i] == 0 || parts[i].type.substr(0, 10) != "multipart/") continue;
    if (has_epilogue(parts[i], parts[last_child[i]])) return true;
  }
  return false;
}

double check_msg_parse_flags(MessageFacts& facts, const EvalArguments& arguments) {
  const std::string_view name = text_argument(arguments, 0);
  const Defects& defects = facts.content().defects;
  const auto& parts = facts.content().parts;
  if (name == "missing_head_body_separator") {
    return defects.has(Defect::bad_header_line) && parts.size() == 1;
  }
  if (name == "truncated_header") {
    constexpr std::size_t longest_value = 8192;
    const auto& fields = facts.content().fields;
    return std::any_of(fields.begin(), fields.end(),
                       [](const HeaderField& field) { return field.raw.size() > longest_value; });
  }
  if (name == "mime_epilogue_exists") return any_epilogue(parts);
  if (name == "missing_mime_headers") {
    return std::any_of(parts.begin(), parts.end(), [&parts](const Part& part) {
      return part.depth > 0 && part.header.empty() &&
             parts[part.parent].type.substr(0, 10) == "multipart/";
    });
  }
  return 0;
}

double check_ma_non_text(MessageFacts& facts, const EvalArguments&) {
  const auto& parts = facts.content().parts;
  return std::any_of(parts.begin(), parts.end(), [&parts](const Part& part) {
    return part.depth > 0 && parts[part.parent].type == "multipart/alternative" &&
           part.type.substr(0, 5) != "text/" && part.type != "multipart/related" &&
           part.type != "application/rtf";
  });
}

// Charsets in which capitals say nothing.
bool is_caseless_charset(std::string_view charset) {
  const std::string lower = ascii_lowered(charset);
  for (const std::string_view prefix :
       {"koi8", "windows-1251", "windows-31j", "cp1251", "iso-8859-5", "iso-2022", "x-mac-cyrillic",
        "big5", "gb", "x-gbk", "euc", "shift", "sjis", "ks_c", "cp949", "cn-", "hz-gb", "x-sjis",
        "utf-7"}) {
    if (lower.compare(0, prefix.size(), prefix) == 0) return true;
  }
  return false;
}

// Parts of 100 letters that are capitals, in lines with a space.
double capitals(MessageFacts& facts) {
  for (const std::string& charset : facts.mime().charsets) {
    if (is_caseless_charset(charset)) return 0;
  }
  std::size_t octets = 0, upper = 0, lower = 0;
  for (const std::string_view line : facts.body().chunks) {
    const std::string_view inner = trimmed(line);
    if (!std::any_of(inner.begin(), inner.end(), is_ascii_space)) continue;
    octets += line.size();
    for (const char c : line) {
      if (c >= 'A' && c <= 'Z') ++upper;
      if ((c >= 'a' && c <= 'z') || is_ascii_digit(c)) ++lower;
    }
  }
  constexpr std::size_t least_octets = 200;
  if (octets < least_octets || upper + lower == 0) return 0;
  return 100 * static_cast<double>(upper) / static_cast<double>(upper + lower);
}

double check_for_uppercase(MessageFacts& facts, const EvalArguments& arguments) {
  const double part = capitals(facts);
  return part > number_argument(arguments, 0, 0) && part <= number_argument(arguments, 1, endless);
}

double check_blank_line_ratio(MessageFacts& facts, const EvalArguments& arguments) {
  std::size_t lines = 0, blank = 0;
  for (std::string_view chunk : facts.rawbody().chunks) {
    while (!chunk.empty()) {
      const std::size_t end = std::min(chunk.find('\n'), chunk.size() - 1) + 1;
      ++lines;
      if (trimmed(chunk.substr(0, end)).empty()) ++blank;
      chunk.remove_prefix(end);
    }
  }
  const double least = number_argument(arguments, 0, 0);
  const double most = number_argument(arguments, 1, endless);
  const bool enough = static_cast<double>(lines) >= std::max(1.0, number_argument(arguments, 2, 1));
  const double ratio = enough ? 100 * static_cast<double>(blank) / static_cast<double>(lines) : -1;
  return (least == 0 && ratio <= most) || (ratio > least && ratio <= most);
}

double tvd_vertical_words(MessageFacts& facts, const EvalArguments& arguments) {
  double largest = -1;
  for (const std::string_view line : facts.body().chunks) {
    if (line.size() <= 5) continue;
    const auto spaces = static_cast<std::size_t>(std::count(line.begin(), line.end(), ' '));
    const std::size_t others = line.size() - spaces;
    const std::size_t percent = spaces > others || others == 0 ? 100 : 100 * spaces / others;
    largest = std::max(largest, static_cast<double>(percent));
  }
  const double most = number_argument(arguments, 1, endless);
  return largest >= number_argument(arguments, 0, 0) && largest < (most >= 100 ? 101 : most);
}

double check_body_length(MessageFacts& facts, const EvalArguments& arguments) {
  return static_cast<double>(facts.body_octets()) <= number_argument(arguments, 0, 0);
}

// The kinds of things that praise of a stock names at the start of lines: "Symbol: ABCD".
double check_stock_info(MessageFacts& facts, const EvalArguments& arguments) {
  static const std::set<std::string, std::less<>> endings = {
      "company",      "companyname", "stock",          "symbol",
      "target",       "ticker",      "openingprice",   "currentprice",
      "openingp",     "currentp",    "projected",      "position",
      "expectations", "weekhigh",    "weekshigh",      "marketperformance",
      "yeartarget",   "weektarget",  "monthtarget",    "daytarget",
      "pricetarget",  "sector",      "recommendation", "rating"};
  std::set<std::string> met;
  const auto& content = facts.content();
  const auto text = std::find_if(content.texts.begin(), content.texts.end(), [&](const Text& each) {
    return content.parts[each.part].type == "text/plain";
  });
  if (text == content.texts.end()) return 0;
  for (const std::string_view line : split(text->source, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon > 40 || trimmed(line.substr(colon + 1)).empty()) {
      continue;
    }
    std::string letters;
    for (const char c : line.substr(0, colon)) {
      if (is_ascii_alpha(c)) letters += ascii_lower(c);
    }
    for (const std::string& ending : endings) {
      if (letters.size() >= ending.size() &&
          letters.compare(letters.size() - ending.size(), ending.size(), ending) == 0) {
        met.insert(ending);
      }
    }
  }
  return static_cast<double>(met.size()) >= number_argument(arguments, 0, 0);
}

// An upper bound of 0 or none is no bound.
bool in_range(double value, const EvalArguments& arguments, std::size_t from) {
  const double most = number_argument(arguments, from + 1, 0);
  return value >= number_argument(arguments, from, 0) && (most == 0 || value <= most);
}

double image_number(std::string_view kind, double gif, double png, double jpeg) {
  if (kind == "gif") return gif;
  if (kind == "png") return png;
  if (kind == "jpeg") return jpeg;
  return gif + png + jpeg;
}

double image_count(MessageFacts& facts, const EvalArguments& arguments) {
  const ImageFacts& images = facts.images();
  return in_range(image_number(text_argument(arguments, 0), static_cast<double>(images.gif),
                               static_cast<double>(images.png), static_cast<double>(images.jpeg)),
                  arguments, 1);
}

double image_area(MessageFacts& facts, std::string_view kind) {
  const ImageFacts& images = facts.images();
  return image_number(kind, static_cast<double>(images.gif_area),
                      static_cast<double>(images.png_area), static_cast<double>(images.jpeg_area));
}

double pixel_coverage(MessageFacts& facts, const EvalArguments& arguments) {
  return in_range(image_area(facts, text_argument(arguments, 0)), arguments, 1);
}

double image_to_text_ratio(MessageFacts& facts, const EvalArguments& arguments) {
  const double area = image_area(facts, text_argument(arguments, 0));
  if (area <= 0 || facts.body().whole.empty()) return 0;
  return in_range(static_cast<double>(facts.body().whole.size()) / area, arguments, 1);
}

double check_uri_truncated(MessageFacts& facts, const EvalArguments&) {
  constexpr std::size_t longest = 8192;
  return std::any_of(facts.uri_details().begin(), facts.uri_details().end(),
                     [](const UriDetail& uri) { return uri.raw.size() >= longest; });
}

}  // namespace

void append_mime_functions(EvalTable& table) {
  table.insert(table.end(), {{"check_for_mime", check_for_mime},
                             {"check_for_mime_html", check_for_mime_html},
                             {"check_for_mime_html_only", check_for_mime_html_only},
                             {"check_mime_multipart_ratio", check_mime_multipart_ratio},
                             {"check_for_ascii_text_illegal", check_for_ascii_text_illegal},
                             {"check_abundant_unicode_ratio", check_abundant_unicode_ratio},
                             {"check_base64_length", check_base64_length},
                             {"check_qp_ratio", check_qp_ratio},
                             {"check_msg_parse_flags", check_msg_parse_flags},
                             {"check_ma_non_text", check_ma_non_text},
                             {"check_for_uppercase", check_for_uppercase},
                             {"check_blank_line_ratio", check_blank_line_ratio},
                             {"tvd_vertical_words", tvd_vertical_words},
                             {"check_body_length", check_body_length},
                             {"check_stock_info", check_stock_info},
                             {"image_count", image_count},
                             {"pixel_coverage", pixel_coverage},
                             {"image_to_text_ratio", image_to_text_ratio},
                             {"check_uri_truncated", check_uri_truncated}});
}

}  // namespace postern
