plain = <<EOB
line one
  line two "quoted" \n
EOB

indented_anchor = <<EOB
a
  EOB

stripped = <<-EOB
        one
          two
        EOB

not_stripped = <<-EOB
        one
      two
        EOB

none = <<EOB
EOB

t {
  last = <<-E
        x
        E
}

end = <<E
x
E