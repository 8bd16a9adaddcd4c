package e2e

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	// The oracle: importing a package registers its descriptors.
	_ "github.com/hashicorp/go-plugin"
	_ "github.com/spiffe/go-spiffe/v2/proto/spiffe/workload"
	_ "github.com/spiffe/spire-api-sdk/proto/spire/api/server/agent/v1"
	_ "github.com/spiffe/spire-api-sdk/proto/spire/api/server/entry/v1"
	_ "github.com/spiffe/spire-api-sdk/proto/spire/api/server/svid/v1"
	_ "github.com/spiffe/spire-plugin-sdk/private"
	_ "github.com/spiffe/spire-plugin-sdk/proto/spire/hostservice/common/metrics/v1"
	_ "github.com/spiffe/spire-plugin-sdk/proto/spire/plugin/agent/workloadattestor/v1"
	_ "github.com/spiffe/spire-plugin-sdk/proto/spire/plugin/server/credentialcomposer/v1"
	_ "github.com/spiffe/spire-plugin-sdk/proto/spire/service/common/config/v1"

	"svidence.invalid/e2e/harness"
)

// The calls that Svidence serves or makes, in full: a file lost from proto/, or
// a package renamed together with all its users, would otherwise go unnoticed.
var wantMethods = map[protoreflect.FullName]string{
	"plugin.GRPCBroker":     "StartStream",
	"plugin.GRPCController": "Shutdown",
	"plugin.GRPCStdio":      "StreamStdio",

	"spire.service.private.init.v1.Init":    "Init Deinit",
	"spire.service.common.config.v1.Config": "Configure Validate",

	"spire.plugin.agent.workloadattestor.v1.WorkloadAttestor": "Attest",
	"spire.plugin.server.credentialcomposer.v1.CredentialComposer": "ComposeServerX509CA " +
		"ComposeServerX509SVID ComposeAgentX509SVID ComposeWorkloadX509SVID ComposeWorkloadJWTSVID",
	"spire.hostservice.common.metrics.v1.Metrics": "SetGauge EmitKey IncrCounter AddSample MeasureSince",

	"spire.api.server.entry.v1.Entry": "CountEntries ListEntries GetEntry BatchCreateEntry " +
		"BatchUpdateEntry BatchDeleteEntry",
	"spire.api.server.agent.v1.Agent": "CountAgents ListAgents GetAgent DeleteAgent BanAgent " +
		"CreateJoinToken",
	"spire.api.server.svid.v1.SVID": "MintX509SVID MintJWTSVID",

	"SpiffeWorkloadAPI": "FetchX509SVID FetchX509Bundles FetchJWTSVID FetchJWTBundles ValidateJWTSVID",
}

func TestOurProtosAgreeWithTheGoSDKs(t *testing.T) {
	files := harness.CompileProtos(t)
	differences, compared := compareAll(t, files)
	for _, text := range differences {
		t.Error(text)
	}
	t.Logf("%d fields, enum values and methods agree", compared)
}

func TestOurProtosHaveEveryCallWeUse(t *testing.T) {
	registry := register(t, harness.CompileProtos(t))
	for name, methods := range wantMethods {
		service, err := registry.FindDescriptorByName(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, method := range strings.Fields(methods) {
			if service.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(method)) == nil {
				t.Errorf("%s has no %s", name, method)
			}
		}
	}
}

// The comparison itself must see a difference: one is made in a copy of our
// descriptors, and must be reported by the name of what was changed.
func TestParityReportsADifference(t *testing.T) {
	for _, test := range []struct {
		name   string
		file   string
		change func(*descriptorpb.FileDescriptorProto)
		want   string
	}{
		{"FieldNumber", "spire_types.proto", func(f *descriptorpb.FileDescriptorProto) {
			field(f, "Entry", "hint").Number = proto.Int32(16)
		}, "spire.api.types.Entry.hint: number 16"},
		{"FieldType", "spire_types.proto", func(f *descriptorpb.FileDescriptorProto) {
			field(f, "Entry", "x509_svid_ttl").Type = descriptorpb.FieldDescriptorProto_TYPE_INT64.Enum()
		}, "spire.api.types.Entry.x509_svid_ttl: kind int64"},
		{"Label", "spire_types.proto", func(f *descriptorpb.FileDescriptorProto) {
			field(f, "Entry", "dns_names").Label = descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum()
		}, "spire.api.types.Entry.dns_names: cardinality optional"},
		{"FieldName", "spire_config.proto", func(f *descriptorpb.FileDescriptorProto) {
			field(f, "CoreConfiguration", "trust_domain").Name = proto.String("domain")
		}, "CoreConfiguration.domain: upstream has no such field"},
		{"MessageType", "spire_entry.proto", func(f *descriptorpb.FileDescriptorProto) {
			field(f, "BatchCreateEntryRequest", "entries").TypeName = proto.String(".spire.api.types.Agent")
		}, "BatchCreateEntryRequest.entries: type spire.api.types.Agent"},
		{"EnumValue", "goplugin_stdio.proto", func(f *descriptorpb.FileDescriptorProto) {
			f.MessageType[0].EnumType[0].Value[2].Number = proto.Int32(3)
		}, "plugin.StdioData.STDERR: number 3"},
		{"MethodName", "spire_init.proto", func(f *descriptorpb.FileDescriptorProto) {
			f.Service[0].Method[0].Name = proto.String("Initialize")
		}, "spire.service.private.init.v1.Init.Initialize: upstream has no such method"},
		{"Streaming", "spiffe_workload.proto", func(f *descriptorpb.FileDescriptorProto) {
			f.Service[0].Method[0].ServerStreaming = proto.Bool(false)
		}, "SpiffeWorkloadAPI.FetchX509SVID: streaming"},
		{"Package", "spire_svid.proto", func(f *descriptorpb.FileDescriptorProto) {
			f.Package = proto.String("spire.api.server.svid.v2")
			for _, method := range f.Service[0].Method {
				method.InputType = proto.String(strings.Replace(method.GetInputType(), ".v1.", ".v2.", 1))
				method.OutputType = proto.String(strings.Replace(method.GetOutputType(), ".v1.", ".v2.", 1))
			}
		}, "spire.api.server.svid.v2.SVID: not in the Go SDKs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := harness.CompileProtos(t)
			for _, file := range files.File {
				if file.GetName() == test.file {
					test.change(file)
				}
			}
			differences, _ := compareAll(t, files)
			if all := strings.Join(differences, "\n"); !strings.Contains(all, test.want) {
				t.Errorf("want a report with %q, got:\n%s", test.want, all)
			}
		})
	}
}

// field finds a field of a top-level message; a miss is a mistake in the test.
func field(file *descriptorpb.FileDescriptorProto, message, name string) *descriptorpb.FieldDescriptorProto {
	for _, m := range file.MessageType {
		for _, f := range m.Field {
			if m.GetName() == message && f.GetName() == name {
				return f
			}
		}
	}
	panic(fmt.Sprintf("%s has no %s.%s", file.GetName(), message, name))
}

func register(t *testing.T, files *descriptorpb.FileDescriptorSet) *protoregistry.Files {
	t.Helper()
	registry, err := protodesc.NewFiles(files)
	if err != nil {
		t.Fatal(err)
	}
	return registry
}

// compareAll compares every file that is not our own protocol with what the Go
// SDKs have under the same full names, and counts what it compared.
func compareAll(t *testing.T, files *descriptorpb.FileDescriptorSet) (differences []string, compared int) {
	t.Helper()
	c := &comparison{}
	register(t, files).RangeFiles(func(file protoreflect.FileDescriptor) bool {
		ours := strings.HasPrefix(string(file.Package()), "svidence.")
		if google := strings.HasPrefix(file.Path(), "google/"); ours || google {
			return true
		}
		before := c.compared
		c.messages(file.Messages())
		c.enums(file.Enums())
		for i := range file.Services().Len() {
			c.service(file.Services().Get(i))
		}
		if c.compared == before && len(c.differences) == 0 {
			c.differ("%s: nothing in it was compared", file.Path())
		}
		return true
	})
	return c.differences, c.compared
}

// comparison looks every descriptor of ours up in the registry of the Go SDKs.
// What they have and we have not is fine.
type comparison struct {
	differences []string
	compared    int
}

func (c *comparison) differ(format string, args ...any) {
	c.differences = append(c.differences, fmt.Sprintf(format, args...))
}

// same reports when our value and upstream's are not equal.
func (c *comparison) same(name protoreflect.FullName, what string, ours, theirs any) {
	if ours != theirs {
		c.differ("%s: %s %v, upstream has %v", name, what, ours, theirs)
	}
}

func upstream[T protoreflect.Descriptor](c *comparison, name protoreflect.FullName) (theirs T, ok bool) {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err == nil {
		theirs, ok = found.(T)
	}
	if !ok {
		c.differ("%s: not in the Go SDKs as that", name)
	}
	return theirs, ok
}

func (c *comparison) messages(messages protoreflect.MessageDescriptors) {
	for i := range messages.Len() {
		ours := messages.Get(i)
		theirs, ok := upstream[protoreflect.MessageDescriptor](c, ours.FullName())
		if !ok {
			continue
		}
		c.same(ours.FullName(), "map entry", ours.IsMapEntry(), theirs.IsMapEntry())
		for j := range ours.Fields().Len() {
			c.field(ours.Fields().Get(j), theirs)
		}
		c.messages(ours.Messages())
		c.enums(ours.Enums())
	}
}

func (c *comparison) field(ours protoreflect.FieldDescriptor, message protoreflect.MessageDescriptor) {
	theirs := message.Fields().ByName(ours.Name())
	if theirs == nil {
		c.differ("%s: upstream has no such field", ours.FullName())
		return
	}
	c.compared++
	name := ours.FullName()
	c.same(name, "number", ours.Number(), theirs.Number())
	c.same(name, "kind", ours.Kind(), theirs.Kind())
	c.same(name, "cardinality", ours.Cardinality(), theirs.Cardinality())
	c.same(name, "packed", ours.IsPacked(), theirs.IsPacked())
	c.same(name, "presence", ours.HasPresence(), theirs.HasPresence())
	c.same(name, "JSON name", ours.JSONName(), theirs.JSONName())
	c.same(name, "type", typeName(ours), typeName(theirs))
	c.same(name, "oneof", oneof(ours), oneof(theirs))
}

func typeName(field protoreflect.FieldDescriptor) protoreflect.FullName {
	switch {
	case field.Message() != nil:
		return field.Message().FullName()
	case field.Enum() != nil:
		return field.Enum().FullName()
	}
	return ""
}

func oneof(field protoreflect.FieldDescriptor) protoreflect.FullName {
	if field.ContainingOneof() == nil {
		return ""
	}
	return field.ContainingOneof().FullName()
}

func (c *comparison) enums(enums protoreflect.EnumDescriptors) {
	for i := range enums.Len() {
		ours := enums.Get(i)
		theirs, ok := upstream[protoreflect.EnumDescriptor](c, ours.FullName())
		if !ok {
			continue
		}
		for j := range ours.Values().Len() {
			value := ours.Values().Get(j)
			there := theirs.Values().ByName(value.Name())
			if there == nil {
				c.differ("%s: upstream has no such value", value.FullName())
				continue
			}
			c.compared++
			c.same(value.FullName(), "number", value.Number(), there.Number())
		}
	}
}

func (c *comparison) service(ours protoreflect.ServiceDescriptor) {
	theirs, ok := upstream[protoreflect.ServiceDescriptor](c, ours.FullName())
	if !ok {
		return
	}
	for i := range ours.Methods().Len() {
		method := ours.Methods().Get(i)
		there := theirs.Methods().ByName(method.Name())
		if there == nil {
			c.differ("%s: upstream has no such method", method.FullName())
			continue
		}
		c.compared++
		name := method.FullName()
		c.same(name, "request", method.Input().FullName(), there.Input().FullName())
		c.same(name, "response", method.Output().FullName(), there.Output().FullName())
		c.same(name, "streaming (client, server)",
			[2]bool{method.IsStreamingClient(), method.IsStreamingServer()},
			[2]bool{there.IsStreamingClient(), there.IsStreamingServer()})
	}
}
