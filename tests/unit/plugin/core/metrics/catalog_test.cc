#include "plugin/core/metrics/catalog.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/docs_table.h"

namespace svidence::metrics {
namespace {

std::string KindWord(Kind kind) {
  switch (kind) {
    case Kind::kCounter:
      return "counter";
    case Kind::kGauge:
      return "gauge";
    case Kind::kHistogram:
      return "histogram";
  }
  return "";
}

std::string ProgramWord(Program program) {
  switch (program) {
    case Program::kServer:
      return "server";
    case Program::kAgent:
      return "agent";
    case Program::kBoth:
      return "both";
  }
  return "";
}

TEST(CatalogTest, StandsInTheDocumentationWordForWord) {
  std::vector<std::vector<std::string>> want;
  for (const Definition* const definition : All()) {
    const std::string label(definition->label);
    want.push_back({"`" + std::string(definition->name) + "`", KindWord(definition->kind),
                    label.empty() ? "" : "`" + label + "`", ProgramWord(definition->program),
                    std::string(definition->help)});
  }
  EXPECT_THAT(testing::ReadDocsTable("metrics.md", "## Metrics"),
              ::testing::ElementsAreArray(want));
}

TEST(CatalogTest, HasEveryNameOnceInPrometheusSpelling) {
  std::set<std::string_view> names;
  for (const Definition* const definition : All()) {
    EXPECT_TRUE(names.insert(definition->name).second) << definition->name;
    EXPECT_TRUE(definition->name.starts_with("svidence_")) << definition->name;
    EXPECT_EQ(definition->name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"),
              std::string_view::npos)
        << definition->name;
    EXPECT_EQ(definition->name.ends_with("_total"), definition->kind == Kind::kCounter)
        << definition->name;
  }
}

TEST(CatalogTest, HasOneLineOfHelpForEach) {
  for (const Definition* const definition : All()) {
    EXPECT_FALSE(definition->help.empty()) << definition->name;
    EXPECT_EQ(definition->help.find_first_of("\n\\|"), std::string_view::npos) << definition->name;
    EXPECT_FALSE(definition->help.ends_with('.')) << definition->name;
  }
}

}  // namespace
}  // namespace svidence::metrics
