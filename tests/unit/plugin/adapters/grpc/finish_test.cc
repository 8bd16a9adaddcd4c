#include "plugin/adapters/grpc/finish.h"

#include <memory>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

namespace svidence {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Catches what is logged at info and above.
class FinishTest : public ::testing::Test {
 protected:
  FinishTest() {
    auto logger = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
    logger->set_pattern("%l %v");
    spdlog::set_default_logger(std::move(logger));
  }
  void TearDown() override { spdlog::set_default_logger(before_); }

  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::ostringstream text_;
};

TEST_F(FinishTest, PassesOkWithoutALine) {
  EXPECT_TRUE(Finish("Attest", OkStatus()).ok());
  EXPECT_THAT(text_.str(), IsEmpty());
}

TEST_F(FinishTest, GivesThePeerCodeAndMessageOfARefusal) {
  const grpc::Status got = Finish("Compose", PermissionDenied("agent buyer is revoked"));
  EXPECT_EQ(got.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(got.error_message(), "agent buyer is revoked");
  EXPECT_THAT(text_.str(), HasSubstr("warning call failed rpc=Compose code=PERMISSION_DENIED"));
}

TEST_F(FinishTest, KeepsInternalDetailFromThePeerButNotFromTheLog) {
  for (const Status& status :
       {Internal("open /etc/shadow: EACCES"), DataLoss("leaf 7 is forged")}) {
    const grpc::Status got = Finish("Attest", status);
    EXPECT_EQ(static_cast<int>(got.error_code()), static_cast<int>(status.code()));
    EXPECT_THAT(got.error_message(), Not(HasSubstr(Message(status))));
    EXPECT_THAT(text_.str(), HasSubstr("error=\"" + Message(status)));
  }
}

TEST_F(FinishTest, LogsARepeatedRefusalOnce) {
  for (int i = 0; i < 100; ++i) (void)Finish("Compose", PermissionDenied("asked 100 times"));
  const std::string text = text_.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(FinishTest, LogsWhatIsNormalOnlyAtDebugLevel) {
  (void)Finish("Attest", NotFound("process 7 is gone"));
  EXPECT_THAT(text_.str(), IsEmpty());
}

TEST_F(FinishTest, BoundsTheMessageForThePeer) {
  const std::string at_bound(kMaxPeerMessageBytes, 'x');
  EXPECT_EQ(Finish("Compose", InvalidArgument(at_bound)).error_message(), at_bound);
  const std::string got = Finish("Compose", InvalidArgument(at_bound + "x")).error_message();
  EXPECT_EQ(got.size(), kMaxPeerMessageBytes);
  EXPECT_TRUE(got.ends_with("..."));
}

}  // namespace
}  // namespace svidence
