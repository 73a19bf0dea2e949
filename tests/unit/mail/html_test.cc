#include "mail/html.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mail/html_entities.h"
#include "mail/html_style.h"

namespace postern {
namespace {

struct Read {
  explicit Read(std::string_view source) : texts(read_html(source, arena, links, shape)) {}
  Arena arena;
  std::vector<Link> links;
  HtmlShape shape;
  HtmlTexts texts;
};

struct Row {
  const char* source;
  const char* visible;
};

TEST(HtmlVisible, SpaceAndLines) {
  constexpr Row rows[] = {
      {"", ""},
      {"plain  text\n here", "plain text here"},
      {"<p>one</p><p>two</p>", "one\ntwo"},
      {"one<br>two<br/>three", "one\ntwo\nthree"},
      {"v<b>i</b>a<font size=1>g</font><u>r</u><a name=x>a</a>", "viagra"},
      {"<table><tr><td>a<td>b<tr><td>c</table>d", "a b\nc\nd"},
      {"<ul><li>a<li>b</ul>", "a\nb"},
      {"a&nbsp;&nbsp;b\xC2\xA0 c", "a b c"},
      {"a\xC2\xA9", "a\xC2\xA9"},
      {" <div> </div> x", "x"},
      {"a<unknown>b", "a b"},
  };
  for (const Row& row : rows) EXPECT_EQ(Read(row.source).texts.visible, row.visible) << row.source;
}

TEST(HtmlVisible, WhatIsNoMarkupIsText) {
  constexpr Row rows[] = {
      {"1 < 2 > 0", "1 < 2 > 0"},
      {"a<", "a<"},
      {"a<3", "a<3"},
      {"&unknown; & &;", "&unknown; & &;"},
      {"a</ >b", "ab"},
      {"a<!-- x -- > y -->b", "ab"},
      {"a<!-->b<!--->c", "abc"},
      {"a<!-- open", "a"},
      {"<!DOCTYPE html><?xml?>a<![if !mso]>b<![endif]>", "ab"},
      {"<!--[if mso]>outlook<![endif]-->a", "a"},
      {"a<b title=\"x>y\">c", "ac"},
      {"a<b title=\"open>c", "a"},
      {"a<script>if (a<b) x('</p>')</script>b", "a b"},
      {"a<STYLE>p{}</Style>b", "a b"},
      {"<style>open", ""},
      {"<textarea>a<b></textarea>", "a<b>"},
  };
  for (const Row& row : rows) EXPECT_EQ(Read(row.source).texts.visible, row.visible) << row.source;
}

// Each hides "no" and shows "yes".
TEST(HtmlHidden, EveryTrick) {
  constexpr const char* sources[] = {
      "yes<span style='display:none'>no</span>",
      "yes<span style='DISPLAY : None !important'>no</span>",
      "yes<span hidden>no</span>",
      "yes<span style='visibility:hidden'>no</span>",
      "yes<span style='font-size:0'>no</span>",
      "yes<span style='font-size:1px;line-height:0'>no</span>",
      "yes<span style='font:0/0 a'>no</span>",
      "yes<span style='opacity:0'>no</span>",
      "yes<span style='color:#ffffff'>no</span>",
      "yes<font color=white>no</font>",
      "yes<font color='#FEFEFE'>no</font>",
      "yes<font color=fdfdfd>no</font>",
      "yes<span style='color:rgb(255,255,255)'>no</span>",
      "yes<span style='color:transparent'>no</span>",
      "yes<span style='color:rgba(0,0,0,0)'>no</span>",
      "<body bgcolor=black text=white>yes<font color='#000'>no</font>",
      "<table><tr><td bgcolor='#336699' style='color:#fff'>yes<font color='#336699'>no</table>",
      "<div style='background:#336699'><i style='color:#336699'>no</i>yes</div>",
      "<div style='background-color:#000'><i>no</i><b style='color:red'>yes</b></div>",
      "yes<div style='position:absolute;left:-9999px'>no</div>",
      "yes<div style='top:-500em;position:fixed'>no</div>",
      "yes<div style='text-indent:-9999px'>no</div>",
      "yes<div style='margin-left:-5000px'>no</div>",
      "yes<div style='max-height:0;overflow:hidden'>no</div>",
      "yes<div style='overflow:hidden;width:0px'>no</div>",
      "<title>no</title>yes",
      "yes<template>no</template>",
      "<div style='display:none'><p>no<b style='display:block'></b></div>yes",
      "<div style='visibility:hidden'>no<b style='visibility:visible'>yes</b></div>",
      "<div style='font-size:0'>no<span style='font-size:14px'>yes</span></div>",
      "<div style='font-size:0'><span style='font-size:90%'>no</span></div>yes",
      "<p style='display:none'>no<p>yes",
      "<table><tr><td style='display:none'>no<td>yes</table>",
  };
  for (const char* source : sources) {
    const Read read(source);
    EXPECT_EQ(read.texts.visible, "yes") << source;
    EXPECT_EQ(read.texts.hidden, "no") << source;
  }
}

TEST(HtmlHidden, OrdinaryStylesHideNothing) {
  constexpr const char* sources[] = {
      "<span style='color:#333;font-size:12px'>yes</span>",
      "<td bgcolor=#000><font color=white>yes</font>",
      "<div style='background:url(x.png) #fff;color:#fff'>yes</div>",
      "<td background=x.png style='color:#fff'>yes</td>",
      "<div style='display:block;opacity:.9;text-indent:-5px'>yes</div>",
      "<div style='position:absolute;left:10px'>yes</div>",
      "<div style='left:-9999px'>yes</div>",
      "<div style='overflow:hidden;height:20px'>yes</div>",
      "<div style='height:0'>yes</div>",
      "<font color=white><a href=x>yes</a></font>",
      "<span style='color:inherit;background:none'>yes</span>",
      "<span style='nonsense;:;x:'>yes</span>",
      "<font color=nosuchcolour>yes</font>",
  };
  for (const char* source : sources) {
    const Read read(source);
    EXPECT_EQ(read.texts.visible, "yes") << source;
    EXPECT_EQ(read.texts.hidden, "") << source;
  }
}

TEST(HtmlHidden, HiddenPiecesDoNotTouch) {
  EXPECT_EQ(Read("<i hidden>a</i>x<i hidden>b</i>y").texts.hidden, "a b");
  EXPECT_EQ(Read("<i hidden>a</i>x<i hidden>b</i>y").texts.visible, "xy");
}

TEST(HtmlLinks, KindsHostsAndShownTexts) {
  const Read read(
      "<a href=' http://evil.example/a?b=1&amp;c=2&copy=3 '>www.<b>bank</b>.example</a>"
      "<img src='//i.example/p.gif'><form action='https://f.example/'>"
      "<script src=http://s.example/x.js></script>"
      "<meta http-equiv=Refresh content='0; URL=http://r.example/'>"
      "<td background=http://bg.example/b.png>see http://plain.example/x."
      "<a href='java\nscript:x'>run</a><a>none</a><a href=''>empty</a>");
  struct {
    LinkKind kind;
    const char* url;
    const char* host;
    const char* shown;
  } constexpr expected[] = {
      {LinkKind::anchor, "http://evil.example/a?b=1&c=2&copy=3", "evil.example",
       "www.bank.example"},
      {LinkKind::image, "//i.example/p.gif", "i.example", ""},
      {LinkKind::form, "https://f.example/", "f.example", ""},
      {LinkKind::resource, "http://s.example/x.js", "s.example", ""},
      {LinkKind::resource, "http://r.example/", "r.example", ""},
      {LinkKind::resource, "http://bg.example/b.png", "bg.example", ""},
      {LinkKind::anchor, "javascript:x", "", "run"},
      {LinkKind::plain_text, "http://plain.example/x", "plain.example", ""},
  };
  ASSERT_EQ(read.links.size(), std::size(expected));
  for (std::size_t i = 0; i < read.links.size(); ++i) {
    EXPECT_EQ(read.links[i].kind, expected[i].kind) << i;
    EXPECT_EQ(read.links[i].url, expected[i].url) << i;
    EXPECT_EQ(read.links[i].host, expected[i].host) << i;
    EXPECT_EQ(read.links[i].shown, expected[i].shown) << i;
  }
  EXPECT_EQ(read.links[0].shown_host, "www.bank.example");
}

TEST(HtmlLinks, BaseMakesRelativeAddressesWhole) {
  const Read read(
      "<base href='http://b.example/d/x.html'><a href=y>1</a><a href=/z>2</a>"
      "<a href=http://c.example/>3</a><a href='//d.example'>4</a>");
  ASSERT_EQ(read.links.size(), 4u);
  EXPECT_EQ(read.links[0].url, "http://b.example/d/y");
  EXPECT_EQ(read.links[0].host, "b.example");
  EXPECT_EQ(read.links[1].url, "http://b.example/z");
  EXPECT_EQ(read.links[2].url, "http://c.example/");
  EXPECT_EQ(read.links[3].host, "d.example");
}

TEST(HtmlLinks, AnchorEndsWhereTheNextBegins) {
  const Read read("<a href=http://a.example>one <a href=http://b.example>two</a> three");
  EXPECT_EQ(read.links.at(0).shown, "one");
  EXPECT_EQ(read.links.at(1).shown, "two");
}

TEST(HtmlMarkup, NamesAreLoweredAndValuesQuoted) {
  EXPECT_EQ(Read("<IMG SRC=x ALT='say \"hi\"' Border><br/></p>").texts.markup,
            "<img src=\"x\" alt='say \"hi\"' border=\"\"><br>");
}

TEST(HtmlShape, Counts) {
  const Read read(
      "<form><input><input></form><table></table><img><a href=x>y</a><script></script>"
      "<style></style><!-- --><!-- -->");
  EXPECT_EQ(read.shape.tags, 8u);
  EXPECT_EQ(read.shape.forms, 3u);
  EXPECT_EQ(read.shape.tables, 1u);
  EXPECT_EQ(read.shape.images, 1u);
  EXPECT_EQ(read.shape.anchors, 1u);
  EXPECT_EQ(read.shape.scripts, 1u);
  EXPECT_EQ(read.shape.styles, 1u);
  EXPECT_EQ(read.shape.comments, 2u);
}

TEST(HtmlEntities, NamedAndNumeric) {
  constexpr Row rows[] = {
      {"&amp;&lt;&gt;&quot;&apos;", "&<>\"'"},
      {"&eacute;&Eacute;&euro;", "\xC3\xA9\xC3\x89\xE2\x82\xAC"},
      {"&#65;&#x42;&#X43", "ABC"},
      {"&#128;", "\xE2\x82\xAC"},  // windows-1252 in disguise
      {"&#0;&#xD800;&#99999999999;", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"&copy2026 &ampx &notit;",
       "\xC2\xA9"
       "2026 &x \xC2\xACit;"},
      {"&euro", "&euro"},  // not one of those known without ";"
      {"&thetasym;", "\xCF\x91"},
      {"&CounterClockwiseContourIntegral;", "&CounterClockwiseContourIntegral;"},
      {"&#;&#x;&#xg", "&#;&#x;&#xg"},
      {"&", "&"},
  };
  for (const Row& row : rows) EXPECT_EQ(Read(row.source).texts.visible, row.visible) << row.source;
}

TEST(HtmlEntities, AttributesKeepWhatLooksLikeAQuery) {
  Arena arena;
  EXPECT_EQ(resolved_references("?a=1&copy=2&lt;&reg", arena), "?a=1&copy=2<\xC2\xAE");
  EXPECT_EQ(resolved_references("?a&regx", arena), "?a&regx");
}

TEST(HtmlColour, Notations) {
  struct {
    const char* text;
    HtmlColour colour;
  } constexpr rows[] = {
      {"#fff", 0xFFFFFF},           {"#A0b1C2", 0xA0B1C2},
      {"a0b1c2", 0xA0B1C2},         {"White", 0xFFFFFF},
      {"rgb(1, 2,3)", 0x010203},    {"rgb(100%,0%,0%)", 0xFF0000},
      {"rgba(1,2,3,.5)", 0x010203}, {"rgba(1,2,3,0)", transparent_colour},
      {"#12345", unknown_colour},   {"hsl(1,2,3)", unknown_colour},
      {"", unknown_colour},         {"rgb(1,2)", unknown_colour},
      {"red !important", 0xFF0000},
  };
  for (const auto& row : rows) EXPECT_EQ(parse_colour(row.text), row.colour) << row.text;
}

}  // namespace
}  // namespace postern
