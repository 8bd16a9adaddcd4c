#include "plugin/adapters/grpc/grpc_log.h"

#include <memory>
#include <sstream>

#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

namespace svidence {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(GrpcLogTest, SendsTheTextOfGrpcToOurLogInQuotes) {
  const auto before = spdlog::default_logger();
  std::ostringstream text;
  auto logger = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  logger->set_pattern("%l %v");
  spdlog::set_default_logger(logger);

  gpr_log_verbosity_init();  // as grpc_init() does
  RouteGrpcLog();
  gpr_log("a/b.cc", 7, GPR_LOG_SEVERITY_ERROR, "peer said %s", "\x1b[2J level=fatal");
  EXPECT_THAT(
      text.str(),
      HasSubstr(R"(warning grpc text="peer said \x1b[2J level=fatal" file="a/b.cc" line=7)"));
  gpr_log("a/b.cc", 8, GPR_LOG_SEVERITY_DEBUG, "unseen");
  EXPECT_THAT(text.str(), Not(HasSubstr("unseen")));
  spdlog::set_default_logger(before);
}

}  // namespace
}  // namespace svidence
