# Generates spire_init.{pb,grpc.pb}.{h,cc}: `private` in the package is a C++
# keyword, so the file is compiled under another package and the real name is
# put back where it crosses the wire. Fails when that is not two method paths.
# Usage: cmake -DPROTO=... -DGEN=... -DPROTOC=... -DGRPC_PLUGIN=... -P GenerateInit.cmake
set(real "spire.service.private.init.v1")
set(safe "spire.service.priv.init.v1")

file(READ "${PROTO}" text)
string(REPLACE "package ${real};" "package ${safe};" renamed "${text}")
if(renamed STREQUAL text)
  message(FATAL_ERROR "${PROTO}: found no \"package ${real};\"")
endif()
file(MAKE_DIRECTORY "${GEN}/init")
file(WRITE "${GEN}/init/spire_init.proto" "${renamed}")

execute_process(
  COMMAND "${PROTOC}" "--proto_path=${GEN}/init" "--cpp_out=${GEN}" "--grpc_out=${GEN}"
          "--plugin=protoc-gen-grpc=${GRPC_PLUGIN}" spire_init.proto
  COMMAND_ERROR_IS_FATAL ANY)

# Only literals hold the dotted name; C++ names are written with "::".
file(READ "${GEN}/spire_init.grpc.pb.cc" text)
string(REGEX MATCHALL "\"/${safe}\\.Init/(Init|Deinit)\"" paths "${text}")
list(LENGTH paths found)
if(NOT found EQUAL 2)
  message(FATAL_ERROR "spire_init.grpc.pb.cc: want 2 method paths, found ${found}")
endif()
string(REPLACE "\"/${safe}.Init/" "\"/${real}.Init/" text "${text}")
file(WRITE "${GEN}/spire_init.grpc.pb.cc" "${text}")

file(READ "${GEN}/spire_init.grpc.pb.h" text)
string(REPLACE "\"${safe}.Init\"" "\"${real}.Init\"" text "${text}")
file(WRITE "${GEN}/spire_init.grpc.pb.h" "${text}")
