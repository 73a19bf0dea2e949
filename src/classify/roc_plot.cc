#include "classify/roc_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace postern {
namespace {

constexpr double width = 720, height = 560;
constexpr double left = 80, right = 20, top = 40, bottom = 70;
constexpr double least = 0.01, most = 100;  // percent, both axes
constexpr double ticks[] = {0.01, 0.1, 1, 10, 100};
constexpr std::string_view colours[] = {"#0b5fa5", "#c4490e", "#2e7d32",
                                        "#7b1fa2", "#6d4c41", "#00838f"};

// 0..1 along an axis.
double place(double percent) {
  return std::log10(std::clamp(percent, least, most) / least) / std::log10(most / least);
}
double x_of(double ham_lost) { return left + place(ham_lost) * (width - left - right); }
double y_of(double spam_missed) {
  return height - bottom - place(spam_missed) * (height - top - bottom);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

void text(std::string& svg, double x, double y, std::string_view anchor, std::string_view words) {
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped(words));
}

void line(std::string& svg, double x1, double y1, double x2, double y2) {
  svg +=
      fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"#ddd\"/>\n", x1, y1, x2, y2);
}

void draw_axes(std::string& svg) {
  for (const double tick : ticks) {
    line(svg, x_of(tick), top, x_of(tick), height - bottom);
    line(svg, left, y_of(tick), width - right, y_of(tick));
    text(svg, x_of(tick), height - bottom + 20, "middle", fmt::format("{:g}", tick));
    text(svg, left - 8, y_of(tick) + 4, "end", fmt::format("{:g}", tick));
  }
  text(svg, (left + width - right) / 2, height - bottom + 45, "middle", "ham lost, %");
  svg += fmt::format(
      "<text transform=\"translate(24 {:.1f}) rotate(-90)\" text-anchor=\"middle\">spam missed, "
      "%</text>\n",
      (top + height - bottom) / 2);
}

// Horizontal then vertical: between two thresholds only one kind of error changes at a time.
std::string path_of(const std::vector<Scored>& results) {
  std::string path;
  double last_x = -1, last_y = -1;
  for (const RocPoint& point : roc_curve(results)) {
    const double x = x_of(100 * point.ham_lost);
    const double y = y_of(100 * (1 - point.spam_caught));
    // Points nearer than a tenth of a pixel show nothing new.
    if (!path.empty() && std::fabs(x - last_x) < 0.1 && std::fabs(y - last_y) < 0.1) continue;
    path +=
        path.empty() ? fmt::format("M{:.1f} {:.1f}", x, y) : fmt::format("H{:.1f}V{:.1f}", x, y);
    last_x = x;
    last_y = y;
  }
  return path;
}

}  // namespace

std::string roc_svg(std::span<const RocSeries> series) {
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"13\">\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#fff\"/>\n",
      width, height);
  draw_axes(svg);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const std::string_view colour = colours[i % std::size(colours)];
    svg += fmt::format(
        "<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" "
        "stroke-linejoin=\"round\"/>\n",
        path_of(series[i].results), colour);
    const double y = top + 18 + 18 * static_cast<double>(i);
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"14\" height=\"4\" fill=\"{}\"/>\n",
                       width - right - 250, y - 6, colour);
    text(svg, width - right - 230, y, "start",
         fmt::format("{}  {:.4f} %", series[i].name, roca_loss_percent(series[i].results)));
  }
  text(svg, width / 2, 22, "middle", "Spam missed against ham lost, with (1-ROCA)%");
  svg += "</svg>\n";
  return svg;
}

}  // namespace postern
