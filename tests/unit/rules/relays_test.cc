#include "rules/relays.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

struct Row {
  const char* value;
  const char* relay;  // without the parts that are empty in all rows
};

TEST(ParseReceived, KnowsTheFormsOfCommonServers) {
  const Row rows[] = {
      {"from a.example (b.example [192.0.2.1]) by mx.example (Postfix) with ESMTP id 1AB for "
       "<x@y>; "
       "Thu, 13 Mar 2003 15:23:15 -0500 (EST)",
       "[ ip=192.0.2.1 rdns=b.example helo=a.example by=mx.example ident= envfrom= intl=0 id=1AB "
       "auth= msa=0 ]"},
      {"from a.example (unknown [192.0.2.1]) by mx.example (Postfix) with ESMTPSA id 1AB",
       "[ ip=192.0.2.1 rdns= helo=a.example by=mx.example ident= envfrom= intl=0 id=1AB "
       "auth=ESMTPSA msa=0 ]"},
      {"from [192.0.2.1] (helo=h.example ident=me) by mx.example with smtp (Exim 4.9) id 1-2",
       "[ ip=192.0.2.1 rdns= helo=h.example by=mx.example ident=me envfrom= intl=0 id=1-2 auth= "
       "msa=0 ]"},
      {"from r.example (HELO h.example) (me@192.0.2.1) by mx.example with SMTP; 1 Nov 2003 "
       "07:05:19 "
       "-0000",
       "[ ip=192.0.2.1 rdns=r.example helo=h.example by=mx.example ident=me envfrom= intl=0 id= "
       "auth= msa=0 ]"},
      {"from h.example (2001:db8::1) by mx.example (2001:db8::2) with Microsoft SMTP Server id "
       "15.1; Mon, 29 Oct 2018 11:17:19 +0100",
       "[ ip=2001:db8::1 rdns=h.example helo=h.example by=mx.example ident= envfrom= intl=0 "
       "id=15.1 auth= "
       "msa=0 ]"},
  };
  for (const Row& row : rows) {
    Relay relay;
    EXPECT_EQ(parse_received(row.value, relay), ReceivedForm::relay) << row.value;
    EXPECT_EQ(to_string({relay}), row.relay);
  }
}

TEST(ParseReceived, SkipsWhatIsNoHop) {
  const Row rows[] = {{"by mx.example with SMTP id 1", ""},
                      {"from user by host.example with local (Exim 4.5) id 1", ""},
                      {"(from user@localhost) by home.example (8.12/Submit) id 1", ""}};
  for (const Row& row : rows) {
    Relay relay;
    EXPECT_EQ(parse_received(row.value, relay), ReceivedForm::skipped) << row.value;
  }
}

TEST(ParseReceived, SaysWhatItDoesNotUnderstand) {
  Relay relay;
  EXPECT_EQ(parse_received("from somewhere over the rainbow", relay), ReceivedForm::unparseable);
}

Relays relays_of(const RelayTrust& trust) {
  static const Content content = Content::decode(Blob::copy(
      "Received: from a (b.example [10.0.0.1]) by c.example (Postfix) with ESMTP id 12345\n"
      "Received: from d (e.example [192.0.2.1]) by f.example (Postfix) with ESMTP id 123\n"
      "\n"));
  return Relays::parse(content, trust);
}

TEST(Relays, PrivateAddressesAreTrustedWhereNobodySaysWhomToTrust) {
  const Relays relays = relays_of({});
  ASSERT_EQ(relays.trusted.size(), 1u);
  ASSERT_EQ(relays.untrusted.size(), 1u);
  EXPECT_EQ(relays.untrusted[0].ip, "192.0.2.1");
}

TEST(Relays, TrustedNetworksDecide) {
  RelayTrust trust;
  ASSERT_TRUE(trust.trusted.add("192.0.2/24"));
  ASSERT_TRUE(trust.trusted.add("10."));
  const Relays relays = relays_of(trust);
  EXPECT_EQ(relays.trusted.size(), 2u);
  EXPECT_TRUE(relays.untrusted.empty());
}

TEST(NetworkList, TheFirstEntryThatHoldsAnAddressDecides) {
  NetworkList list;
  ASSERT_TRUE(list.add("!10.1.2.3"));
  ASSERT_TRUE(list.add("10/8"));
  ASSERT_TRUE(list.add("2001:db8::/32"));
  EXPECT_FALSE(list.add("nonsense"));
  EXPECT_FALSE(list.add("10.0.0.0/99"));
  EXPECT_FALSE(list.contains("10.1.2.3"));
  EXPECT_TRUE(list.contains("10.1.2.4"));
  EXPECT_TRUE(list.contains("2001:db8::7"));
  EXPECT_FALSE(list.contains("192.0.2.1"));
}

}  // namespace
}  // namespace postern
