// The options tables of the plugins' pages say what the parser says.
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/core/config/agent_settings.h"
#include "plugin/core/config/hcl.h"
#include "plugin/core/config/server_settings.h"
#include "tests/support/docs_table.h"

namespace svidence::config {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using Rows = std::vector<std::pair<std::string, std::string>>;

// Name and default of each option that a page documents.
Rows Documented(const std::string& page) {
  Rows rows;
  for (const std::vector<std::string>& cells : testing::ReadDocsTable(page, "## Options")) {
    rows.emplace_back(cells.front(), cells.back());
  }
  return rows;
}

Rows Known(std::span<const KeyDoc> keys) {
  Rows rows;
  for (const KeyDoc& key : keys) {
    rows.emplace_back("`" + std::string(key.name) + "`", std::string(key.default_value));
  }
  return rows;
}

TEST(DocsTest, ListsTheServersOptionsWithTheirDefaults) {
  EXPECT_THAT(Documented("plugin_server_credentialcomposer_svidence.md"),
              ElementsAreArray(Known(ServerKeys())));
}

TEST(DocsTest, GivesASampleThatTheServerTakes) {
  const std::string sample = testing::ReadDocsBlock("plugin_server_credentialcomposer_svidence.md",
                                                    "        plugin_data {", "        }");
  EXPECT_THAT(ParseServerSettings(sample, "example.org", {}).notes, IsEmpty());
}

TEST(DocsTest, ListsTheAgentsOptionsWithTheirDefaults) {
  EXPECT_THAT(Documented("plugin_agent_workloadattestor_svidence.md"),
              ElementsAreArray(Known(AgentKeys())));
}

TEST(DocsTest, ListsEverySelectorOfTheAgentInOrder) {
  std::vector<std::string> listed;
  for (const std::vector<std::string>& cells :
       testing::ReadDocsTable("plugin_agent_workloadattestor_svidence.md", "## Selectors")) {
    listed.push_back(cells.front());
  }
  std::vector<std::string> known;
  for (const std::string_view kind : AllSelectors()) {
    known.push_back("`svidence:" + std::string(kind) + "`");
  }
  EXPECT_EQ(listed, known);
}

TEST(DocsTest, GivesASampleThatTheAgentTakes) {
  const std::string sample = testing::ReadDocsBlock("plugin_agent_workloadattestor_svidence.md",
                                                    "        plugin_data {", "        }");
  EXPECT_THAT(ParseAgentSettings(sample, "example.org").notes, IsEmpty());
}

}  // namespace
}  // namespace svidence::config
