#include "rules/usual_text.h"

namespace postern {

std::string_view usual_text() {
  return "\nreturn-path: <ann@mail.example.com>\n"
         "received: from a.example.com (a.example.com [192.0.2.1]) by b.example.org (postfix) with "
         "esmtp id abc123 for <joe@example.org>; mon, 01 jan 2024 00:00:00 +0000 (est)\n"
         "message-id: <123@mail.example.com>\ndate: mon, 01 jan 2024 00:00:00 +0000\n"
         "from: \"ann\" <ann@example.com>\nto: <joe@example.org>\nsubject: re: news of today\n"
         "mime-version: 1.0\ncontent-type: text/html; charset=\"utf-8\"\n"
         "content-transfer-encoding: quoted-printable\n"
         "list-unsubscribe: <https://www.example.com/>\nreply-to: ann@example.com\n\n"
         "<!-- --><html><head></head><body><table><tr><td><p><div><center>"
         "<font size=\"2\"><span style=\"font-size: 12px; color:#333\">hello</span>\n"
         "<a href=\"https://www.example.com/a-b?id=1\"><img src=\"https://www.example.com/a.png\" "
         "width=\"1\" height=\"1\" border=\"0\" alt=\"\"></a><br>\n<br></div></p></td></tr></table>"
         "</body></html>\n\n"
         "dear friend, we think that the best of all is to have your e-mail in one place. when you "
         "are there, write to us for it. thank you!\n";
}

}  // namespace postern
