// Our reader against HashiCorp's, on texts that SPIRE has re-printed.
#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "attestors/base/json.h"
#include "plugin/core/config/hcl.h"
#include "tests/support/golden.h"
#include "tests/support/status_matchers.h"

namespace svidence::config {
namespace {

using Lines = std::vector<std::string>;

// "3:1 trust.score int 60": one line a value, the same for both readers.
std::string Line(const std::string& at, const std::string& path, const std::string& value) {
  return at + " " + path + " " + value;
}

std::string ValueText(const HclValue& value) {
  if (const auto* flag = std::get_if<bool>(&value.data)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) return std::to_string(*number);
  if (const auto* number = std::get_if<HclFloat>(&value.data)) return "float " + number->text;
  if (const auto* text = std::get_if<std::string>(&value.data)) return "string " + *text;
  std::string text = "list";
  for (const HclValue& one : std::get<std::vector<HclValue>>(value.data)) {
    text += " | " + ValueText(one);
  }
  return text;
}

std::string PlaceText(const Position& at) {
  return std::to_string(at.line) + ":" + std::to_string(at.column);
}

Lines OurLines(const HclDocument& document) {
  Lines lines;
  const auto add = [&lines](const std::string& prefix, const HclItem& item) {
    lines.push_back(Line(PlaceText(item.key_at), prefix + item.key, ValueText(item.value)));
  };
  for (const HclItem& item : document.items) add("", item);
  for (const HclBlock& block : document.blocks) {
    lines.push_back(Line(PlaceText(block.at), block.name, "block"));
    for (const HclItem& item : block.items) add(block.name + ".", item);
  }
  return lines;
}

std::string ValueText(const Json& value) {
  if (value.boolean() != nullptr) return *value.boolean() ? "true" : "false";
  if (value.integer() != nullptr) return std::to_string(*value.integer());
  return *value.text();
}

void AddTheirLines(const Json& items, const std::string& prefix, Lines& lines) {
  for (const Json& item : *items.array()) {
    const JsonArray& at = *item.Find("at")->array();
    const std::string place =
        std::to_string(*at[0].integer()) + ":" + std::to_string(*at[1].integer());
    const std::string path = prefix + *item.Find("key")->text();
    const std::string& kind = *item.Find("kind")->text();
    std::string value = kind;
    if (kind == "value") value = ValueText(*item.Find("value"));
    if (kind == "list" && item.Find("values") != nullptr) {
      for (const Json& one : *item.Find("values")->array()) value += " | " + ValueText(one);
    }
    lines.push_back(Line(place, path, value));
    if (item.Find("items") != nullptr) AddTheirLines(*item.Find("items"), path + ".", lines);
  }
}

class HclGoldenTest : public ::testing::TestWithParam<std::string> {};

TEST_P(HclGoldenTest, ReadsWhatHashiCorpsParserReads) {
  const std::string name = "hcl/" + GetParam();
  const auto theirs = ParseStrictJson(testing::ReadGolden(name + ".json"));
  ASSERT_THAT(theirs, testing::IsOk());
  Lines want;
  AddTheirLines(*theirs->Find("items"), "", want);
  const HclResult ours = ParseHcl(testing::ReadGolden(name + ".hcl"));
  EXPECT_THAT(ours.notes, ::testing::IsEmpty());
  // Blocks and values stand in one list there, in two here.
  EXPECT_THAT(OurLines(ours.document), ::testing::UnorderedElementsAreArray(want));
}

INSTANTIATE_TEST_SUITE_P(All, HclGoldenTest,
                         ::testing::Values("agent", "blocks", "escapes", "heredocs", "numbers",
                                           "server", "server_json"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace svidence::config
