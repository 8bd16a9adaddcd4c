#include "plugin/adapters/http/request_rules.h"

#include <string>

#include <gtest/gtest.h>

namespace svidence::http {
namespace {

using ::testing::TestWithParam;
using ::testing::Values;

struct Case {
  std::string name;
  RequestHead head;
  int status;
};

RequestHead Get(std::string_view target) { return {.method = "GET", .target = target, .hosts = 1}; }
RequestHead Post() {
  return {.method = "POST",
          .target = "/add-checkpoint",
          .hosts = 1,
          .content_lengths = 1,
          .content_length = "3"};
}
template <typename Change>
RequestHead With(RequestHead head, Change change) {
  change(head);
  return head;
}

class RequestRulesTest : public TestWithParam<Case> {};

TEST_P(RequestRulesTest, SaysWhetherARequestIsPassedOn) {
  EXPECT_EQ(RefusalOf(GetParam().head), GetParam().status);
}

const std::string kLongest = "/" + std::string(kMaxTargetBytes - 1, 'a');
const std::string kTooLong = "/" + std::string(kMaxTargetBytes, 'a');

INSTANTIATE_TEST_SUITE_P(
    Heads, RequestRulesTest,
    Values(Case{"Get", Get("/tile/0/x001/234.p/17"), 0}, Case{"Root", Get("/"), 0},
           Case{"Post", Post(), 0}, Case{"LongestTarget", Get(kLongest), 0},
           Case{"TooLongTarget", Get(kTooLong), 414},
           Case{"Head", With(Get("/"), [](auto& h) { h.method = "HEAD"; }), 0},
           Case{"OldVersion", With(Get("/"), [](auto& h) { h.version = 10, h.hosts = 0; }), 0},
           Case{"VersionNine", With(Get("/"), [](auto& h) { h.version = 9; }), 505},
           Case{"VersionTwo", With(Get("/"), [](auto& h) { h.version = 20; }), 505},
           Case{"NoHost", With(Get("/"), [](auto& h) { h.hosts = 0; }), 400},
           Case{"TwoHosts", With(Get("/"), [](auto& h) { h.hosts = 2; }), 400},
           Case{"TwoLengths", With(Post(), [](auto& h) { h.content_lengths = 2; }), 400},
           Case{"LengthList", With(Post(), [](auto& h) { h.content_length = "3, 3"; }), 400},
           Case{"SignedLength", With(Post(), [](auto& h) { h.content_length = "+3"; }), 400},
           Case{"NoLength", With(Post(), [](auto& h) { h.content_length = ""; }), 400},
           Case{"Chunks", With(Post(), [](auto& h) { h.transfer_encoding = true; }), 411},
           Case{"PostWithoutLength", With(Post(), [](auto& h) { h.content_lengths = 0; }), 411},
           Case{"Expectation", With(Post(), [](auto& h) { h.expect = true; }), 417},
           Case{"Delete", With(Get("/"), [](auto& h) { h.method = "DELETE"; }), 405},
           Case{"LowerCaseMethod", With(Get("/"), [](auto& h) { h.method = "get"; }), 405},
           Case{"Connect", With(Get("h:1"), [](auto& h) { h.method = "CONNECT"; }), 405},
           Case{"Absolute", Get("http://other/"), 400}, Case{"Star", Get("*"), 400},
           Case{"Empty", Get(""), 400}, Case{"Query", Get("/a?b"), 400},
           Case{"Fragment", Get("/a#b"), 400}, Case{"Encoded", Get("/%2e%2e/a"), 400},
           Case{"Parent", Get("/a/../b"), 400}, Case{"ParentLast", Get("/a/.."), 400},
           Case{"Here", Get("/./a"), 400}, Case{"EmptySegment", Get("//a"), 400},
           Case{"SlashLast", Get("/a/"), 400}, Case{"Backslash", Get("/a\\b"), 400},
           Case{"Zero", Get(std::string_view("/a\0b", 4)), 400},
           Case{"High", Get("/\xc3\xa4"), 400}, Case{"Dots", Get("/..."), 0}),
    [](const auto& test) { return test.param.name; });

TEST(ReasonTest, HasWordsForEveryRefusal) {
  for (const int status : {400, 405, 411, 413, 414, 417, 431, 505}) {
    EXPECT_FALSE(ReasonOf(status).empty()) << status;
  }
  EXPECT_TRUE(ReasonOf(299).empty());
}

}  // namespace
}  // namespace svidence::http
