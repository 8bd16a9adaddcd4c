#include "attestors/process/process_stat.h"

#include <charconv>
#include <string>

#include "attestors/base/quote.h"

namespace svidence {
namespace {

// Walks the fields behind the command name, which are separated by one space.
class Fields {
 public:
  // `rest` starts at the space before field 3.
  explicit Fields(std::string_view rest) : rest_(rest.substr(0, rest.find('\n'))) {}

  // Field `number`, counted as proc(5) does; ask in ascending order. Empty if
  // there are not so many.
  std::string_view Get(int number) {
    std::string_view field;
    for (; next_ <= number; ++next_) {
      if (rest_.empty() || rest_.front() != ' ') return {};
      rest_.remove_prefix(1);
      field = rest_.substr(0, rest_.find(' '));
      rest_.remove_prefix(field.size());
    }
    return field;
  }

 private:
  std::string_view rest_;
  int next_ = 3;
};

template <typename T>
Status ReadNumber(Fields& fields, int number, T& out) {
  const std::string_view field = fields.Get(number);
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), out);
  if (field.empty() || error != std::errc() || end != field.data() + field.size()) {
    return InvalidArgument("process stat field " + std::to_string(number) +
                           " must be a decimal number, got " + Quote(field));
  }
  return OkStatus();
}

}  // namespace

bool ProcessStat::kernel_thread() const { return (flags & kKernelThreadFlag) != 0; }

StatusOr<ProcessStat> ParseProcessStat(std::string_view stat) {
  const auto command_end = stat.rfind(')');
  if (command_end == std::string_view::npos) {
    return InvalidArgument("process stat has no command name: " + Quote(stat));
  }
  Fields fields(stat.substr(command_end + 1));
  ProcessStat parsed;
  const std::string_view state = fields.Get(3);
  if (state.size() != 1) {
    return InvalidArgument("process stat field 3 must be one letter, got " + Quote(state));
  }
  parsed.state = state.front();
  SVIDENCE_RETURN_IF_ERROR(ReadNumber(fields, 9, parsed.flags));
  SVIDENCE_RETURN_IF_ERROR(ReadNumber(fields, 22, parsed.start_ticks));
  SVIDENCE_RETURN_IF_ERROR(ReadNumber(fields, 26, parsed.start_code));
  SVIDENCE_RETURN_IF_ERROR(ReadNumber(fields, 28, parsed.start_stack));
  return parsed;
}

}  // namespace svidence
