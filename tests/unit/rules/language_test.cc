// Kinds of rules and settings beyond plain expressions: eval, mimeheader, uri_detail, tags, lists.
#include <gtest/gtest.h>

#include <algorithm>

#include "rules/eval_call.h"
#include "rules/replace_tags.h"
#include "rules/rule_set.h"
#include "rules/uri_text.h"

namespace postern {
namespace {

constexpr std::string_view message =
    "Return-Path: <bounce@list.example>\n"
    "Received: from x (unknown [192.0.2.7]) by mx.example (Postfix) with ESMTP id 1234;\n"
    " Thu, 13 Mar 2003 15:23:15 -0500\n"
    "From: \"Big\n Bank\" <who@mail.example.com>\n"
    "To: a@b.example, c@d.example\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\n from us\n"
    "Date: Thu, 13 Mar 2003 10:23:15 -0500\n"
    "Content-Type: multipart/mixed; boundary=x\n"
    "\n"
    "--x\nContent-Type: text/html; charset=utf-8\n\n"
    "<html><body><p>Click</p><a href=\"http://192.0.2.9/login\">https://bank.example.com/</a>"
    "<span style=\"display:none\">unseen</span><img width=10 height=10></body></html>\n"
    "--x\nContent-Type: application/pdf; name=\"bill.pdf\"\n\nJVBE\n--x--\n";

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

bool hits(std::string_view rules, std::string_view mail = message) {
  std::vector<Diagnostic> diagnostics;
  const auto set = RuleSet::parse(rules, "my.cf", diagnostics);
  std::vector<std::uint32_t> found;
  set->evaluate(Content::decode(Blob::copy(mail)), found);
  return std::any_of(found.begin(), found.end(),
                     [&](std::uint32_t i) { return set->info(i).name == "A"; });
}

struct Row {
  const char* rules;
  bool hit;
};

constexpr Row rows[] = {
    {"header A X-Spam-Relays-Untrusted =~ /^\\[ ip=192\\.0\\.2\\.7 rdns= helo=x by=mx\\.example /",
     true},
    {"header A X-Spam-Relays-Trusted =~ /ip=/", false},
    {"trusted_networks 192.0.2.7\nheader A X-Spam-Relays-Trusted =~ /ip=192/", true},
    {"header A EnvelopeFrom =~ /^bounce\\@list\\.example$/", true},
    {"header A From:name =~ /^Big Bank$/", true},
    {"header A From:addr:host =~ /^mail\\.example\\.com$/", true},
    {"util_rb_tld com\nheader A From:addr:domain =~ /^example\\.com$/", true},
    {"header A To:addr:last =~ /^c\\@/", false},  // :last is the last field, not address
    {"header A Received:ip =~ /^192\\.0\\.2\\.7$/", true},
    {"header A Received:revip =~ /^7\\.2\\.0\\.192$/", true},
    {"header A ALL =~ /^Subject: Gr.*e from us$/m", true},
    {"header A exists:MESSAGEID", false},
    {"body A /unseen/", true},
    {"body A /^Gr\\S+ from us$/", true},
    {"body A /^Gr\\S+ from us$/\ntflags A nosubject", false},
    {"mimeheader A Content-Type =~ /name=\"bill\\.pdf\"/", true},
    {"mimeheader A Content-Type !~ /pdf/", false},
    {"mimeheader A X-None =~ /^(?:none)?$/", true},
    {"uri_detail A text =~ /bank\\.example/ cleaned =~ /192\\.0\\.2\\.9/", true},
    {"uri_detail A text =~ /bank/ type =~ /^img$/", false},
    {"uri_detail A text !~ /bank/", false},
    {"body A eval:html_tag_exists('span')", true},
    {"body A eval:html_tag_exists('font')", false},
    {"body A eval:html_text_match('anchor', 'bank\\.exam(?=ple)')", true},
    {"body A eval:html_range('image_area', 99, 'inf')", true},
    {"body A eval:html_range('image_area', 100, 'inf')", false},  // more than the lower limit
    {"body A eval:html_eval('length', '< 512')", true},
    {"body A eval:html_tag_balance('p', '!= 0')", false},
    {"util_rb_tld com\nbody A eval:check_https_ip_mismatch()", true},
    {"header A eval:check_for_shifted_date('-6', '-3')", true},
    {"header A eval:check_for_shifted_date('undef', '-6')", false},
    {"header A eval:check_no_relays()", false},
    {"header A eval:check_equal_from_domains()", true},
    {"body A eval:check_for_mime_html_only()", true},
    {"freemail_domains mail.example.com\nheader A eval:check_freemail_from()", true},
    {"freemail_domains mail.example.com\nheader A eval:check_freemail_header('From', '^x')", false},
    {"blocklist_from *@mail.example.com\nheader A eval:check_from_in_blocklist()", true},
    {"blacklist_from who@*\nheader A eval:check_from_in_blacklist()", true},
    {"blocklist_from a@x\nunblocklist_from a@x\nheader A eval:check_from_in_blocklist()", false},
    {"enlist_addrlist (L) *@mail.example.*\nheader A eval:check_from_in_list('L')", true},
    {"util_rb_tld com\nenlist_uri_host (L) 192.0.2.9\nbody A eval:check_uri_host_listed('L')",
     true},
    {"body __B1 /Click/\nbody __B2 /login/\nmeta A rules_matching(__B*) == 1", true},
    {"replace_tag X (?:c|k)\nreplace_rules A\nbody A /<X>li<X>k/i", true},
    {"body A /<X>lick/", false},
    {"ifplugin Mail::SpamAssassin::Plugin::HTMLEval\nbody A /Click/\nendif", true},
    {"if can(Mail::SpamAssassin::Conf::feature_bug6558_free)\nbody A /Click/\nendif", true},
    {"if !plugin(Mail::SpamAssassin::Plugin::Nobody)\nbody A /Click/\nendif", true},
    {"if (local_tests_only)\nbody A /Click/\nelse\nbody A /never/\nendif", true},
};

TEST(RuleLanguage, MeansWhatSpamAssassinSays) {
  for (const Row& row : rows) EXPECT_EQ(hits(row.rules), row.hit) << row.rules;
}

TEST(RuleLanguage, LineEndsDoNotMatter) {
  const std::string crlf = with_crlf(message);
  for (const Row& row : rows) {
    const std::string rules(row.rules);
    if (rules.find("'length'") != std::string::npos) continue;
    EXPECT_EQ(hits(rules, crlf), row.hit) << row.rules;
  }
}

TEST(RuleLanguage, FoldsDoNotMatter) {
  for (const char* rule :
       {"header A X-Long =~ /^one two three$/", "header A X-Long:addr =~ /^a\\@b.example$/",
        "header A ALL =~ /^X-Long: one two three$/m"}) {
    const bool address = std::string_view(rule).find(":addr") != std::string_view::npos;
    const std::string flat = address ? "X-Long: A <a@b.example>\n\n" : "X-Long: one two three\n\n";
    const std::string folded =
        address ? "X-Long: A\n\t<a@b.example>\n\n" : "X-Long: one\n\ttwo\n   three\n\n";
    EXPECT_TRUE(hits(rule, flat)) << rule;
    EXPECT_TRUE(hits(rule, folded)) << rule;
  }
}

std::string html_mail(std::string_view html) {
  return "Content-Type: text/html\n\n" + std::string(html);
}

TEST(RuleLanguage, HtmlIsReadAsSpamAssassinReadsIt) {
  const struct {
    const char* rule;
    std::string mail;
    bool hit;
  } cases[] = {
      {"uri A /mailto:/", html_mail("<a href=\"mailto:a@b.example\">x</a>"), true},
      {"uri A /mailto:/", html_mail("x <a href=\"mailto:a@b.example"), false},  // no end
      {"body A /say \"hi\"/", html_mail("<p>say \xe2\x80\x9chi\xe2\x80\x9d</p>"), true},
      {"body A /^ ?y$/m", html_mail("<p>x</p><p>y</p>"), true},
      {"body A /late/", html_mail("<style>" + std::string(100'000, 'x') + "</style>late"), true},
      {"body A /late/", html_mail(std::string(60'000, 'x') + " late"), false},
      {"body A /^bold$/m",
       "Content-Type: application/octet-stream; name=a.html\n\n<p><b>bold</b></p>", false},
      {"body A /^ ?bold ?$/m", "Content-Type: text/x-page; name=a.html\n\n<p><b>bold</b></p>",
       true},
      {"body A eval:html_eval('length', '== 4')", html_mail("a\xc3\xbc\xe2\x82\xac\n"), true},
      {"body A /name/", "Content-Type: text/x-vcard\n\nname", false},
      {"body A /name/", "Content-Type: text/rfc822-headers\n\nname: x", true},
  };
  for (const auto& row : cases) EXPECT_EQ(hits(row.rule, row.mail), row.hit) << row.rule;
}

TEST(RuleLanguage, OtherFiltersFieldsAreHidden) {
  const std::string mail = "X-Spam-Flag: YES\nSubject: x\n\n";

  EXPECT_FALSE(hits("header A X-Spam-Flag =~ /YES/", mail));
  EXPECT_FALSE(hits("header A ALL =~ /X-Spam-Flag/", mail));
  EXPECT_TRUE(hits("header A ALL:raw =~ /X-Spam-Flag/", mail));
}

TEST(RuleLanguage, AddressesHaveAHost) {
  EXPECT_FALSE(hits("header A From:addr =~ /./", "From: MAILER-DAEMON\n\n"));
  EXPECT_TRUE(hits("header A From:addr =~ /^a\\@b$/", "From: <a@b>\n\n"));
  EXPECT_TRUE(hits("header A From:addr =~ /^a\\@b$/", "From: Big Bank,(<a@b>)\n\n"));
  EXPECT_TRUE(hits("header A From:name =~ /^Big Bank$/", "From: Big Bank,(<a@b>)\n\n"));
}

std::string multipart(std::string_view parts) {
  return "Content-Type: multipart/mixed; boundary=x\n\n--x\n" + std::string(parts);
}

TEST(RuleLanguage, PartsAreCountedAsWritten) {
  constexpr const char* epilogue = "rawbody A eval:check_msg_parse_flags('mime_epilogue_exists')";
  constexpr const char* quoted = "rawbody A eval:check_for_mime('mime_qp_count')";
  const auto quoted_mail = [](const char* text) {
    return "Content-Transfer-Encoding: quoted-printable\n\n" + std::string(text);
  };

  EXPECT_TRUE(hits(epilogue, multipart("\na\n--x--\nmore\n")));
  EXPECT_FALSE(hits(epilogue, multipart("\na\n--x--\n.\n")));
  EXPECT_FALSE(hits(epilogue, multipart("\na\n")));
  EXPECT_TRUE(hits(quoted, quoted_mail("=41\n")));
  EXPECT_FALSE(hits(quoted, quoted_mail("=3D =E4 =4a\n")));
  EXPECT_FALSE(hits(quoted, quoted_mail("x=20=20\n")));
}

TEST(RuleLanguage, AlternativesOughtToSayTheSame) {
  constexpr const char* all_differ = "body A eval:multipart_alternative_difference('99', '100')";
  constexpr const char* longer = "body A eval:multipart_alternative_difference_count('3', '1')";
  const auto mail = [](std::string text, std::string_view html) {
    return "Content-Type: multipart/alternative; boundary=x\n\n--x\n\n" + text +
           "\n--x\nContent-Type: text/html\n\n" + std::string(html) + "\n--x--\n";
  };

  EXPECT_TRUE(hits(all_differ, mail("one two", "three<br>four")));
  EXPECT_FALSE(hits(all_differ, mail("one two", "<p>two&#160;one</p>")));
  EXPECT_FALSE(hits(all_differ, "Subject: no alternative\n\none"));
  EXPECT_TRUE(hits(longer, mail("a b c d e f g", "<p>h i</p>")));
  EXPECT_FALSE(hits(longer, mail("a b c d e f", "<p>h i</p>")));
}

TEST(RuleLanguage, AnswersThatGoToAnotherFreeAddress) {
  const std::string rules =
      "util_rb_tld example\nfreemail_domains free.example\n"
      "header A eval:check_freemail_replyto('reply')";
  const std::string mail = "From: a@free.example\nReply-To: a@free.example\n\n";

  EXPECT_TRUE(hits(rules, "From: a@free.example\nReply-To: b@free.example\n\n"));
  EXPECT_TRUE(hits(rules, mail + "write to b@free.example please"));
  EXPECT_FALSE(hits(rules, mail + "write to a@free.example please"));
  EXPECT_FALSE(hits(rules, mail + "B <b@free.example> wrote:"));
  EXPECT_FALSE(hits(rules, mail + "b@free.example wrote: x"));
  EXPECT_TRUE(hits(rules, mail + "b@free.example phone: 1"));
  EXPECT_FALSE(hits(rules, mail + "b@w.example c@w.example d@w.example e@w.example f@w.example"));
}

TEST(RuleLanguage, WhatOneRuleCapturesAnotherLooksFor) {
  const std::string named = "header __TO To:addr =~ /(?<TO_ADDRESS>.+)/\n";
  const std::string rule = named + "uri A /#%{TO_ADDRESS}$/i\n";
  const auto mail = [](std::string_view url) {
    return "To: A. <a.b@c.example>\n\nsee http://d.example/" + std::string(url) + "\n";
  };

  EXPECT_TRUE(hits(rule, mail("#A.b@c.example")));
  EXPECT_FALSE(hits(rule, mail("#axb@c.example")));  // "." is no expression here
  EXPECT_FALSE(hits(rule, mail("#")));
  EXPECT_FALSE(hits(rule, "Subject: x\n\nhttp://d.example/#a"));  // nothing captured
  EXPECT_TRUE(hits(named + "body A /\\%{TO_ADDRESS}/", "To: a@b\n\n%{TO_ADDRESS}"));
  EXPECT_TRUE(hits(named + "body A /(?<!x)%{TO_ADDRESS}/", "To: a@b\n\nhello a@b"));
  EXPECT_FALSE(hits(named + "body A /(?<!x)%{TO_ADDRESS}/", "To: a@b\n\nhello xa@b"));
  EXPECT_TRUE(
      hits("body __H /Hello (?<WHO>\\w+)/\nheader A From !~ /%{WHO}/", "From: Bea\n\nHello Ada"));
  EXPECT_FALSE(
      hits("body __H /Hello (?<WHO>\\w+)/\nheader A From !~ /%{WHO}/", "From: Ada\n\nHello Ada"));
}

TEST(EvalCall, TakesArgumentsApart) {
  const auto call = parse_eval_call("check_it('a, (b)', \"c\", 4)");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->function, "check_it");
  EXPECT_EQ(call->arguments, (std::vector<std::string>{"a, (b)", "c", "4"}));
  EXPECT_TRUE(parse_eval_call("check_it()")->arguments.empty());
  for (const char* bad : {"", "check_it", "check_it('a)", "check it()", "check_it('a' 'b')"}) {
    EXPECT_FALSE(parse_eval_call(bad)) << bad;
  }
}

TEST(ReplaceTags, ReplacesTagsInTagsAndWhatStandsBetween) {
  ReplaceTags tags;
  tags.read("replace_tag", "A [a4]");
  tags.read("replace_tag", "AA <A><A>");
  tags.read("replace_inter", "W \\W?");
  EXPECT_EQ(tags.replaced("x<A>y"), "x[a4]y");
  EXPECT_EQ(tags.replaced("<AA>"), "[a4][a4]");
  EXPECT_EQ(tags.replaced("<inter W><A><A>b"), "[a4]\\W?[a4]b");
  EXPECT_EQ(tags.replaced("<Unknown>"), "<Unknown>");
  EXPECT_EQ(tags.replaced("a<b"), "a<b");
}

TEST(TextUris, FindsWhatAMailProgramWouldLink) {
  TopDomains domains;
  domains.add("example", 1);
  std::vector<std::string> found;
  find_text_uris(
      "see (http://a.example/x), www.b.example. or c.example/y, me@d.example; e.txt f_g.example "
      "[cid:h@i.example] http:// mailto:%6A@k.example",
      domains, found);
  EXPECT_EQ(found, (std::vector<std::string>{"http://a.example/x", "http://www.b.example",
                                             "http://c.example/y", "mailto:me@d.example",
                                             "mailto:j@k.example"}));
}

TEST(CanonicalUris, GivesEveryForm) {
  TopDomains domains;
  domains.add("example", 1);
  std::vector<std::string> forms;
  append_canonical_uris("http://u@A.example:80/%68?r=http://b.example/", domains, forms);
  for (const char* form : {"http://u@A.example:80/h?r=http://b.example/", "http://b.example/"}) {
    EXPECT_NE(std::find(forms.begin(), forms.end(), form), forms.end()) << form;
  }
}

TEST(CanonicalUris, OfAMailboxAreItsShorterForms) {
  std::vector<std::string> forms;
  append_canonical_uris("mailto:a@b.example?subject=x&body=y", TopDomains(), forms);
  append_canonical_uris("mailto:a@b.example&c.example", TopDomains(), forms);
  EXPECT_EQ(forms,
            (std::vector<std::string>{"mailto:a@b.example?subject=x&body=y", "mailto:a@b.example",
                                      "mailto:a@b.example&c.example", "mailto:a@b.example"}));
}

TEST(ResolvedUri, FollowsTheBase) {
  EXPECT_EQ(resolved_uri("http://a.example/b/c", "d"), "http://a.example/b/d");
  EXPECT_EQ(resolved_uri("http://a.example/b/c", "../d"), "http://a.example/d");
  EXPECT_EQ(resolved_uri("", "//www.a.example/x"), "http://www.a.example/x");
  EXPECT_EQ(resolved_uri("http://a.example", "mailto:x@y"), "mailto:x@y");
}

TEST(Language, FindsTheRecipientsNameAtTheBeginningOfTheSubject) {
  const std::vector<std::pair<std::string, bool>> subjects = {{"fred", true},
                                                              {"FRED", true},
                                                              {"Re: fred", true},
                                                              {"fw:  Dear Fred", true},
                                                              {"fred, look", true},
                                                              {"fred !", true},
                                                              {"fred!\tlook", true},
                                                              {", fred!", true},
                                                              {"Fred, look", false},
                                                              {"fred look", false},
                                                              {"fred,look", false},
                                                              {"frederic", false},
                                                              {"re: frederic", false},
                                                              {"re: dearfred", false},
                                                              {"re: my dear fred", false},
                                                              {"for fred", false},
                                                              {", fred", false},
                                                              {"re", false},
                                                              {"", false}};
  for (const auto& [subject, hit] : subjects) {
    const std::string mail = "To: <fred@b.example>\nSubject: " + subject + "\n\nx\n";
    EXPECT_EQ(hits("header A eval:check_for_to_in_subject('user')", mail), hit) << subject;
  }
}

}  // namespace
}  // namespace postern
