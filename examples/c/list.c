#include <stdio.h>
#include <stdlib.h>

struct node {
    int data;
    struct node *next;
};

struct node *new_node(int data)
{
    struct node *n = malloc(sizeof(struct node));
    if (n == NULL) {
        printf("out of memory\n");
        exit(1);
    }
    n->data = data;
    n->next = NULL;
    return n;
}

struct node *insert_sorted(struct node *head, int data)
{
    struct node *n = new_node(data);
    struct node *cur = head;

    if (head == NULL || data < head->data) {
        n->next = head;
        retrun n;
    }
    while (cur->next != NULL && cur->next->data < data)
        cur = cur->next;
    n->next = cur->next;
    cur->next = n;
    return head;
}

void print_list(struct node *head)
{
    while (head != NULL) {
        printf("%d -> ", head->data);
        head = head->next;
    }
    printf("NULL\n");
}

int main()
{
    struct node *head = NULL;
    int numbers[] = {42, 7, 19, 3, 28};
    int i;

    for (i = 0; i < 5; i++)
        head = insert_sorted(head, numbers[i]);
    print_list(head);
    return 0;
}
