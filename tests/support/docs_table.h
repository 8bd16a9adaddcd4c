// Tables of the Markdown pages under docs/, for tests that compare them with the code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace svidence::testing {

// The cells of the first table behind the line `heading` of docs/<page>, row by
// row, without the header and with the spaces around cells removed. An escaped
// bar ("\|") does not end a cell. Ends the test program if the page, the
// heading or the table is not there.
std::vector<std::vector<std::string>> ReadDocsTable(std::string_view page,
                                                    std::string_view heading);

// The lines of docs/<page> between the first line `start` and the next line
// `end`. Ends the test program if they are not there.
std::string ReadDocsBlock(std::string_view page, std::string_view start, std::string_view end);

}  // namespace svidence::testing
